import type { AppError } from "../errors.ts";
import type { RateLimitFacts } from "../rate-limit-facts.ts";
import { type Billing, billingOf } from "./billing.ts";
import { type Price, priceOf } from "./prices.ts";
import type { Candidate } from "./candidate.ts";
import type { Completion, CompletionInput, Usage } from "./completion.ts";
import { estimateTokens } from "./token-estimate.ts";

/**
 * How an attempt went. `rejected`: the model answered, but not as the prompt's schema wants.
 * `cancelled`: the execution's deadline ended it.
 * `late`: the response had not begun in time. Neither says anything about the key.
 * `streaming`: it has begun to answer and is still being read.
 */
export const ATTEMPT_OUTCOMES = ["streaming", "answered", "rejected", "failed", "late", "cancelled"] as const;
/** One of {@link ATTEMPT_OUTCOMES}. */
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/**
 * One call to a provider: who was called, when, what it used, what it cost, how it went. Records,
 * reply headers and outcomes for the gate are folds over an execution's attempts. Times in Unix ms.
 */
export interface Attempt {
  candidate: Candidate;
  /** The name of the tenant's provider key. */
  key: string;
  /** The model that the response names; absent where none came. */
  served_model?: string;
  started_at: number;
  /** When the first part of a stream came; null where the answer came whole, or not at all. */
  first_token_at: number | null;
  ended_at: number | null;
  outcome: AttemptOutcome;
  /** Tokens that were paid for, those of a broken answer included; null where nothing came. */
  usage: Usage | null;
  /** Whether `usage` is our estimate, because the provider sent none, or only a part of it. */
  usage_estimated: boolean;
  /** Null where no answer came, or where the model has no known price. */
  cost: Price | null;
  /** What the provider's response said of the key's limits. */
  limits: RateLimitFacts;
  error?: AppError;
}

/**
 * The attempt with the answer that it gave, or with what was seen of one that broke off, priced.
 * Without final usage the tokens are estimated. `tier` is the service tier where that is certain;
 * otherwise it is what the response names.
 */
export function withAnswer(attempt: Attempt, input: CompletionInput, answer: AnsweredText, tier?: string): Attempt {
  const { provider, model, price: own } = attempt.candidate;
  const counted = answer.usage ?? estimateUsage(input, answer);
  const usage = tier === undefined ? counted : { ...counted, service_tier: tier };
  const options = { at: new Date(attempt.started_at), own };
  const cost = priceOf(provider, answer.model, usage, options) ?? priceOf(provider, model, usage, options);
  return { ...attempt, served_model: answer.model, usage, usage_estimated: answer.usage === null, cost };
}

/**
 * As much of an answer as its price depends on. `stated` is what the provider had counted before
 * the end, and `thinking_tokens` the estimated output beside the text.
 */
export interface AnsweredText extends Pick<Completion, "model" | "usage" | "text"> {
  stated?: Usage | null;
  thinking_tokens?: number;
}

/** The tokens that some attempts used together, and their cost. */
export interface Spent {
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  /** True where the provider sent no usage, so that the tokens are our estimate. */
  usage_estimated: boolean;
  /** In nano-dollars; null where a price is not known. */
  cost_nanousd: number | null;
  /** The price table of the last answer that had a price. */
  price_table: string | null;
  /** By kind; null where nothing was used, and absent in records and answers of older versions. */
  billing?: Billing | null;
}

/**
 * What some attempts used and cost together. The cost is null once one answer has no known price.
 */
export function spentOn(attempts: readonly Attempt[]): Spent {
  const spent: Spent = {
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 0,
    price_table: null,
    billing: billingOf(attempts),
  };
  for (const { usage, usage_estimated, cost } of attempts) {
    if (!usage) continue;
    spent.prompt_tokens += usage.prompt_tokens;
    spent.completion_tokens += usage.completion_tokens;
    spent.cached_tokens += usage.cached_tokens ?? 0;
    spent.usage_estimated ||= usage_estimated;
    spent.cost_nanousd = spent.cost_nanousd === null || !cost ? null : spent.cost_nanousd + cost.cost_nanousd;
    spent.price_table = cost?.table ?? spent.price_table;
  }
  return spent;
}

/**
 * Whether it is certain that no attempt cost anything: the provider turned each of them away. An
 * attempt that broke off or timed out may be billed, although nothing came back.
 */
export function isUnspent(attempts: readonly Attempt[]): boolean {
  return attempts.every(({ usage, error }) => usage === null && error?.unbilled === true);
}

/**
 * How many calls may be billed for more than {@link spentOn} counts: those that ended before the
 * provider counted their tokens. One that was turned away is not among them.
 */
export function uncountedCalls(attempts: readonly Attempt[]): number {
  return attempts.filter(
    ({ usage, usage_estimated, outcome, error }) =>
      (usage === null || (usage_estimated && outcome !== "answered")) && error?.unbilled !== true,
  ).length;
}

/** A provider states the input before it answers, and the output at its end. */
function estimateUsage(input: CompletionInput, { text, stated, thinking_tokens = 0 }: AnsweredText): Usage {
  const prompt_tokens = stated?.prompt_tokens ?? estimateTokens(input.messages, input.tools);
  const written = text === "" ? 0 : estimateTokens([{ role: "assistant", content: text }]);
  const completion_tokens = Math.max(stated?.completion_tokens ?? 0, written + thinking_tokens);
  return { ...stated, prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
