import { anthropicBatchHandler } from "./anthropic-batches.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { openaiBatchHandler } from "./openai-batches.ts";
import { openaiWire } from "./openai-wire.ts";
import type { CallRoute } from "./provider-call.ts";

/** The largest body of the batch routes: Anthropic's 256 MB, more than OpenAI's 200 MB. */
const BODY_LIMIT = 256 * 2 ** 20;

/** The handler of a route of either batch API; undefined for other paths. */
export function batchRoute(method: string, path: string): CallRoute | undefined {
  const [, v1, ...parts] = path.split("/");
  if (v1 !== "v1") return undefined;
  const [resource = "", ...rest] = parts;
  if (resource === "messages" && rest[0] === "batches") {
    const handler = anthropicBatchHandler(method, rest.slice(1));
    return handler && { wire: anthropicWire, handler, bodyLimit: BODY_LIMIT };
  }
  const handler = openaiBatchHandler(method, resource, rest);
  return handler && { wire: openaiWire, handler, bodyLimit: BODY_LIMIT };
}
