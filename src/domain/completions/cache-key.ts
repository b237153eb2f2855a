import { stableJson } from "../../lib/stable-json.ts";
import type { CompletionRequest } from "./completion.ts";

/** All that an answer depends on. `epoch` is the prompt's: purging moves it on. */
export interface CacheKeyParts extends Pick<
  CompletionRequest,
  "provider" | "model" | "messages" | "parameters" | "output_schema"
> {
  tenant_id: string;
  content_hash: string;
  epoch: number;
}

/** Moves when the form of stored answers changes, so that old ones are never read as new. */
const FORMAT = 1;

/** The text whose SHA-256 is the cache key: canonical JSON, so that the order in which members were written does not matter and all else does. */
export function cacheKeyText(parts: CacheKeyParts): string {
  const { tenant_id, content_hash, epoch, provider, model, messages, parameters, output_schema } = parts;
  return stableJson({
    format: FORMAT,
    tenant_id,
    content_hash,
    epoch,
    provider,
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    parameters,
    output_schema,
  });
}
