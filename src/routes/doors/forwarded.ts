import { doorOfPath } from "../../domain/doors/doors.ts";
import type { AppContext } from "../../middleware/context.ts";
import { doorHeadersOf } from "../../middleware/door-headers.ts";

/** A provider's reply, as it is told to the client of a door. `body` is JSON. */
export function forwarded(c: AppContext, { status, body }: { status: number; body: string }): Response {
  const door = doorOfPath(c.req.path, c.req.header("anthropic-version"));
  const headers = { "content-type": "application/json", ...(door && doorHeadersOf(c, door)) };
  return new Response(body, { status, headers });
}
