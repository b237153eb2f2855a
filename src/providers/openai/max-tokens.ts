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

/** Models of OpenAI's, whose servers know the name by which each takes the bound, and not both. */
const OPENAIS = /^(?:openai\/)?(?:ft:)?(?:o\d|gpt-\d|chatgpt-)/;

/**
 * The names by which a budget bounds the output of a client that bounds it by those `given`. Most
 * servers ignore a field that they do not know. At an upstream the name that everybody knows stands
 * beside the client's own, but for models of OpenAI's, whose servers refuse both at once.
 */
export function boundNames(provider: ProviderName, model: string, given: readonly string[]): string[] {
  const known = maxTokensName(provider, model);
  if (isBuiltIn(provider)) return given.length > 0 ? [...given] : [known];
  return OPENAIS.test(model) ? [known] : [...new Set([known, ...given])];
}

/** The name by which a model of chat completions takes the bound on its output. */
export function maxTokensName(provider: ProviderName, model: string): "max_tokens" | "max_completion_tokens" {
  const takes = isBuiltIn(provider) ? TAKES_MAX_TOKENS.test(model) : !REFUSES_MAX_TOKENS.test(model);
  return takes ? "max_tokens" : "max_completion_tokens";
}
