import { malformed, errorInBody } from "./errors.ts";
import type { FailureContext } from "./errors.ts";

/**
 * Throws if a 200 that should be an event stream is something else: the error in a JSON body if
 * there is one, and an AppError `provider_error` otherwise. A response without a content type
 * counts as a stream.
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
