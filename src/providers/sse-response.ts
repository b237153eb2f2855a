import { malformed, errorInBody } from "./errors.ts";
import type { FailureContext } from "./errors.ts";

/**
 * Refuses a 200 that was to be a stream and is something else: a JSON body with an error becomes that error, all others
 * (HTML, an empty body) an AppError `provider_error`. A missing content type is taken for a stream.
 */
export async function assertEventStream(response: Response, context: FailureContext): Promise<void> {
  const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "" || type === "text/event-stream") return;
  if (type === "application/json") {
    const body: unknown = JSON.parse(await response.text());
    throw errorInBody(body, response.headers, context) ?? malformed(context.provider, "JSON instead of a stream");
  }
  await response.body?.cancel();
  throw malformed(context.provider, "something else than a stream");
}
