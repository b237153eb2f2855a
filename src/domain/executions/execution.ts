import type { FinishReason, ProviderName } from "../completions/completion.ts";
import type { ErrorCode } from "../errors.ts";
import type { Routing } from "../completions/routing.ts";

/** Why an execution failed, as the wire says it. */
export interface ExecutionError {
  code: ErrorCode;
  detail: string;
}

/** Caller's own facts about an execution, kept and given back. */
export type ExecutionMetadata = Record<string, string | number | boolean>;

/** One execution that ended: the row that is recorded exactly once, and what is answered. Money in nano-dollars, null where no price is known; times in Unix ms. */
export interface Execution {
  id: string;
  tenant_id: string;
  key_id: string;
  status: "succeeded" | "failed";
  prompt_name: string;
  prompt_version: number;
  prompt_label: string | null;
  provider: ProviderName | null;
  model: string | null;
  output: string | null;
  /** True where the record keeps only the beginning of `output`, because a row holds no more. */
  output_truncated: boolean;
  output_json?: unknown;
  finish_reason: FinishReason | null;
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  /** True where the provider sent no usage and the tokens are our estimate. */
  usage_estimated: boolean;
  cost_nanousd: number | null;
  /** The price table of the last answer that had a price. */
  price_table: string | null;
  latency_ms: number;
  attempts: number;
  error: ExecutionError | null;
  end_user: string | null;
  metadata: ExecutionMetadata | null;
  /** How `auto` became a model; absent or null where the model was named. */
  routing?: Routing | null;
  created_at: number;
  /** Where the answer came from, where no call was made for it; null for one that a model gave. */
  cached: CachedFrom | null;
  /** What the call would have cost that was not made, nano-dollars; null where no price is known. */
  saved_nanousd: number | null;
}

/** What an execution has spent: tokens, and what they cost. */
export type Spent = Pick<
  Execution,
  "prompt_tokens" | "completion_tokens" | "cached_tokens" | "usage_estimated" | "cost_nanousd" | "price_table"
>;

/** Where an answer comes from that no call was made for: a cache tier, or another caller's flight. */
export const CACHED_FROM = ["memory", "edge", "kv", "flight"] as const;
/** One of {@link CACHED_FROM}. */
export type CachedFrom = (typeof CACHED_FROM)[number];
