import type { Candidate } from "../completions/candidate.ts";
import type { Usage } from "../completions/completion.ts";
import { billingOf } from "../completions/billing.ts";
import { uncountedCalls } from "../completions/billed-calls.ts";
import { worstPriceOf } from "../completions/prices.ts";
import type { Lane } from "../lane.ts";
import type { Execution, ExecutionMetadata } from "./execution.ts";

/**
 * An execution that is about to spend money: what its record needs if its end is never recorded.
 * It is durable before the first call to a provider.
 */
export interface Intent {
  id: string;
  key_id: string;
  prompt_name: string;
  prompt_version: number;
  prompt_label: string | null;
  /** These two are absent in intents of older versions. */
  prompt_tags?: string[];
  lane?: Lane;
  /** The preferred candidate. */
  provider: Candidate["provider"] | null;
  model: string | null;
  /** What the tenant pays for it, if that is not the list price. */
  price?: Candidate["price"];
  /** The other candidates; absent without any, and in intents of older versions. */
  fallbacks?: Candidate[];
  /** The most that one call can use: its prompt whatever the tokenizer, and its output. */
  prompt_tokens: number;
  max_tokens: number;
  /** Whether the provider may run tools, any number of times: nobody knows the most it can cost. */
  provider_tools?: true;
  /** Whether the provider may be asked to keep the prompt in its cache for the longer time. */
  longer_writes?: true;
  /**
   * The calls that have begun with this one; 1 where absent, in intents of older versions. A retry
   * has an intent of its own under the same id.
   */
  attempts?: number;
  /** Unix ms. */
  started_at: number;
  end_user: string | null;
  /** Null where it is long; only the record of the execution's end keeps it then. */
  metadata: ExecutionMetadata | null;
}

/**
 * Intents of a tenant's executions that began together, stored in one row. `due_at`, Unix ms: all
 * of them have ended by then, and their records have arrived.
 */
export interface IntentBlock {
  tenant_id: string;
  due_at: number;
  intents: Intent[];
}

/** Names a block in an object of older versions: when it is due (Unix ms), and its id. */
export interface IntentBlockKey {
  due_at: number;
  id: string;
}

/** Asks to record the executions among `intents` that are not on record as `unknown`. */
export interface ResolveIntents {
  type: "resolve-intents";
  tenant_id: string;
  intents: Intent[];
  /** The blocks of an object of older versions, to be forgotten afterwards; absent without any. */
  from?: { object: string; blocks: IntentBlockKey[] };
}

/** The output to expect where neither the prompt nor the caller bounds it, in tokens. */
export const UNBOUNDED_OUTPUT = 4_096;
/** The longest metadata of an intent, in characters of JSON. */
const MAX_METADATA = 1_000;

const UNKNOWN_DETAIL = "It is not known how the execution ended. Its tokens and its cost are what was reserved for it.";

/** Metadata as an intent keeps it. */
export function intentMetadata(metadata: ExecutionMetadata | undefined): ExecutionMetadata | null {
  if (metadata === undefined || JSON.stringify(metadata).length > MAX_METADATA) return null;
  return metadata;
}

/**
 * The record of an execution that began and whose end nobody recorded. It counts at its worst:
 * every attempt that may have begun in full, at the dearest candidate.
 */
export function toUnknown(tenantId: string, intent: Intent): Execution {
  const { fallbacks = [], attempts = 1, max_tokens, started_at: created_at, price: own, ...rest } = intent;
  const { provider_tools, longer_writes = false, ...known } = rest;
  const { provider, model, prompt_tokens } = intent;
  const preferred = provider === null || model === null ? [] : [{ provider, model, price: own }];
  const tokens = { prompt_tokens, completion_tokens: max_tokens };
  const cost = provider_tools ? null : dearestCall([...preferred, ...fallbacks], tokens, longer_writes);
  const usage = { prompt_tokens, completion_tokens: max_tokens, total_tokens: prompt_tokens + max_tokens };
  return {
    ...known,
    tenant_id: tenantId,
    status: "unknown",
    output: null,
    output_truncated: false,
    finish_reason: null,
    prompt_tokens: prompt_tokens * attempts,
    completion_tokens: max_tokens * attempts,
    cached_tokens: 0,
    usage_estimated: true,
    cost_nanousd: cost && cost.cost_nanousd * attempts,
    price_table: cost?.table ?? null,
    billing: billingOf(Array.from({ length: attempts }, () => ({ usage, cost }))),
    latency_ms: 0,
    attempts,
    calls: provider === null || model === null ? [] : uncountedCalls({ provider, model, created_at }, attempts),
    error: { code: "internal_error", detail: UNKNOWN_DETAIL },
    created_at,
    cached: null,
    saved_nanousd: null,
  };
}

/** The price of a call at the dearest candidate; null where none has a known price. */
function dearestCall(
  candidates: readonly Candidate[],
  tokens: Pick<Usage, "prompt_tokens" | "completion_tokens">,
  longerWrites: boolean,
) {
  return candidates
    .map(({ provider, model, price: own }) => worstPriceOf(provider, model, tokens, { own, longerWrites }))
    .reduce((dearest, price) => (price && price.cost_nanousd > (dearest?.cost_nanousd ?? -1) ? price : dearest), null);
}
