import type { Completion, ProviderName } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, recordOr, textOr, tokenCount } from "../wire.ts";

/**
 * What an answer of POST /embeddings counts. The vectors themselves are only relayed. Throws
 * AppError `provider_error` if the body does not follow the format.
 */
export function toCompletionOfEmbeddings(body: unknown, model: string, provider: ProviderName = "openai"): Completion {
  if (!isRecord(body) || !Array.isArray(body["data"])) throw malformed(provider, "a body without embeddings");
  const tokens = tokenCount(recordOr(body["usage"])["prompt_tokens"]);
  return {
    text: "",
    finish_reason: "stop",
    usage: tokens === undefined ? null : { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens },
    model: textOr(body["model"], model),
  };
}
