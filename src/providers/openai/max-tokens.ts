import { isBuiltIn, type ProviderName } from "../../domain/completions/completion.ts";

/**
 * The models that accept `max_tokens`. OpenAI deprecated it for `max_completion_tokens`, and the
 * o-series, gpt-5 and all later models refuse it.
 * Source: the doc comment of `max_tokens` in the openai SDK 7.57.0.
 */
const TAKES_MAX_TOKENS = /^(?:ft:)?(?:gpt-3\.5|gpt-4|chatgpt-)/;
/**
 * At an upstream `max_tokens` is the name that everybody knows, but for those that serve the models
 * of OpenAI that refuse it.
 */
const REFUSES_MAX_TOKENS = /^(?:openai\/)?(?:o\d|gpt-(?:[5-9]|[12]\d)(?!\d))/;

/** The name by which a model of chat completions takes the bound on its output. */
export function maxTokensName(provider: ProviderName, model: string): "max_tokens" | "max_completion_tokens" {
  const takes = isBuiltIn(provider) ? TAKES_MAX_TOKENS.test(model) : !REFUSES_MAX_TOKENS.test(model);
  return takes ? "max_tokens" : "max_completion_tokens";
}
