import { anthropicBatchHandler } from "./anthropic-batches.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { openaiBatchHandler } from "./openai-batches.ts";
import { openaiWire } from "./openai-wire.ts";
import type { CallHandler } from "./provider-call.ts";
import type { Wire } from "./wire.ts";

/** The largest body that the batch routes take: Anthropic's 256 MB, which is over OpenAI's 200 MB. */
export const BATCH_BODY_LIMIT = 256 * 2 ** 20;

/** The handler of a route of either batch API, or undefined where the path is none of theirs. */
export function batchRoute(method: string, path: string): { wire: Wire; handler: CallHandler } | undefined {
  const [, v1, ...parts] = path.split("/");
  if (v1 !== "v1") return undefined;
  const [resource = "", ...rest] = parts;
  if (resource === "messages" && rest[0] === "batches") {
    const handler = anthropicBatchHandler(method, rest.slice(1));
    return handler && { wire: anthropicWire, handler };
  }
  const handler = openaiBatchHandler(method, resource, rest);
  return handler && { wire: openaiWire, handler };
}
