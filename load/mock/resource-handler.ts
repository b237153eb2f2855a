import { sendProfileError } from "./deliver.ts";
import { endWith } from "./delivery.ts";
import { closed, pause } from "./pacing.ts";
import type { Profile } from "./profile.ts";
import { headerProfile, requireKey } from "./provider-call.ts";
import type { CallHandler, LoggedCall } from "./provider-call.ts";
import { sendBody } from "./whole-delivery.ts";

/** The answer of a route that asks no model: JSON, or lines of JSON. */
export type ResourceReply = { json: object } | { lines: Iterable<object> };

/**
 * Makes a handler from the work of a route for something that is kept: a batch, a file, a response.
 * The profile's error status replaces the work. Hanging and broken bodies follow it, so that the
 * work is done and its answer is lost.
 */
export function resourceHandler(
  work: (call: LoggedCall, profile: Profile) => Promise<ResourceReply> | ResourceReply,
): CallHandler {
  return async (call) => {
    requireKey(call);
    const { state, request, response, record } = call;
    const query = { seq: record.seq, key: record.key, model: "", marker: undefined };
    const profile = state.profiles.resolve({ ...query, header: headerProfile(request) });
    const failing = profile.status !== undefined && profile.status !== 200;
    record.fault = profile.fault ?? (failing ? "status" : null);
    const delivery = { ...call, profile };
    if (profile.delay_ms !== undefined) await pause(profile.delay_ms, response);
    if (response.destroyed) return;
    if (failing) {
      sendProfileError(delivery);
      return;
    }
    const reply = await work(call, profile);
    if (profile.fault === "hang_before_headers") await closed(response);
    else if (profile.fault === "html") endWith(delivery, 200, "text/html", "<html>mock</html>");
    else if ("json" in reply) await sendBody(delivery, "application/json", Buffer.from(JSON.stringify(reply.json)));
    else await sendBody(delivery, "application/octet-stream", joined(reply.lines));
  };
}

function joined(lines: Iterable<object>): Buffer {
  const parts: Buffer[] = [];
  for (const line of lines) parts.push(Buffer.from(`${JSON.stringify(line)}\n`));
  return Buffer.concat(parts);
}
