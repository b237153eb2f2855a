import type { ProviderFact } from "../domain/provider-facts.ts";

/** What an error of a provider says of itself. */
export interface ToldError {
  /** Of the response; undefined for an unknown type of error inside a 200. */
  status: number | undefined;
  /** OpenAI's `code` and `type`; Anthropic's `type`. Empty where the body is not theirs. */
  types: readonly string[];
  message: string;
}

/** A sign of a fact. All that is given must hold; `types` and `words` are alternatives. */
interface Sign {
  fact: ProviderFact;
  statuses: readonly number[];
  types?: readonly string[];
  words?: RegExp;
}

const REFUSALS = [400, 402, 403, 429];

/**
 * The signs by which an error is known to be more than the failure of one call, for both providers.
 * The first that fits counts. An error without a sign says nothing of a key or a model: a 403 with
 * a page of HTML comes from a firewall on the way. Sources: platform.claude.com/docs/en/api/errors,
 * developers.openai.com/api/docs/guides/error-codes and the messages that users of both report.
 */
const SIGNS: readonly Sign[] = [
  { fact: "quota", statuses: [402] },
  {
    fact: "quota",
    statuses: REFUSALS,
    types: ["insufficient_quota", "billing_error", "billing_not_active", "billing_hard_limit_reached"],
    words: /credit balance is too low|reached your specified API usage limits|exceeded your current quota/i,
  },
  { fact: "credentials", statuses: REFUSALS, words: /organization has been disabled|account is not active/i },
  { fact: "credentials", statuses: [401] },
  { fact: "other_account", statuses: [400, 404], types: ["previous_response_not_found"] },
  { fact: "model_access", statuses: [404] },
  { fact: "model_access", statuses: [403], types: ["model_not_found"], words: /\bmodel\b/i },
  // A refusal in the provider's own form. The key may do nothing, or not from here.
  { fact: "credentials", statuses: [403], types: ["*"] },
  { fact: "over_minute", statuses: [413, 429], words: /^request too large\b.*\bper min/is },
  { fact: "model_limit", statuses: [429], words: /\b(?:gpt-|chatgpt-|claude-|o\d\b)/i },
  { fact: "unfit", statuses: [413] },
  {
    fact: "unfit",
    statuses: [400, 422],
    types: ["context_length_exceeded", "unsupported_parameter", "unsupported_value", "request_too_large"],
    words: /maximum context length|prompt is too long|exceed context limit/i,
  },
];

/** The fact behind an error of a provider; undefined where it says nothing beyond its own call. */
export function factOf(error: ToldError): ProviderFact | undefined {
  return SIGNS.find((sign) => fits(sign, error))?.fact;
}

function fits({ statuses, types, words }: Sign, { status, types: told, message }: ToldError): boolean {
  if (status === undefined || !statuses.includes(status)) return false;
  if (types === undefined && words === undefined) return true;
  const isOfType = types?.some((type) => (type === "*" ? told.length > 0 : told.includes(type))) ?? false;
  return isOfType || (words?.test(message) ?? false);
}
