import type { Spent } from "../completions/attempt.ts";
import type { BilledCalls } from "../completions/billed-calls.ts";
import type { FinishReason, ProviderName } from "../completions/completion.ts";
import type { ReasoningBlock } from "../completions/message.ts";
import type { ToolCall } from "../completions/tools.ts";
import type { ErrorCode } from "../errors.ts";
import type { Lane } from "../lane.ts";
import type { RoutingDecision } from "../completions/routing.ts";
import type { GivenVariables } from "./given-variables.ts";
import type { RecordedInput } from "./recorded-input.ts";
import type { RecordedTimeline } from "./timeline.ts";

/** Why an execution failed, as the API reports it. */
export interface ExecutionError {
  code: ErrorCode;
  detail: string;
}

/** How an execution can have ended. */
export const EXECUTION_STATUSES = ["succeeded", "failed", "unknown"] as const;
/** One of {@link EXECUTION_STATUSES}. */
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** Values that the caller attaches to an execution. They are stored and returned unchanged. */
export type ExecutionMetadata = Record<string, string | number | boolean>;

/**
 * One execution that has ended: the row that is recorded exactly once, and the body of the reply.
 * Money in nano-dollars, null where no price is known; times in Unix ms.
 */
export interface Execution extends Spent {
  id: string;
  tenant_id: string;
  key_id: string;
  /**
   * `unknown`: it began, and how it ended was never recorded. Its tokens and cost are then what was
   * reserved for it.
   */
  status: ExecutionStatus;
  prompt_name: string;
  prompt_version: number;
  prompt_label: string | null;
  /** The tags of the version; absent in records of older versions. */
  prompt_tags?: string[];
  /** Absent in records of older versions. */
  lane?: Lane;
  provider: ProviderName | null;
  model: string | null;
  output: string | null;
  /**
   * True where the record keeps only the beginning of `output`, because it is too long for a row.
   */
  output_truncated: boolean;
  output_json?: unknown;
  /** The calls of tools that the model asks for. */
  tool_calls?: ToolCall[];
  /** The model's reasoning, where the caller asked for it. */
  reasoning?: string;
  /** The provider's id of the response, where the provider keeps it for later requests. */
  response_id?: string;
  /** The provider's own answer, for a client of its wire format. It is not part of the record. */
  relayed?: string;
  /** The reasoning as its provider takes it back. It is not part of the record either. */
  reasoning_blocks?: ReasoningBlock[];
  /** A sentence for each thing that the model was not sent. */
  warnings?: string[];
  finish_reason: FinishReason | null;
  latency_ms: number;
  /** The part of it that was spent in calls to providers; absent in records of older versions. */
  provider_ms?: number;
  attempts: number;
  error: ExecutionError | null;
  end_user: string | null;
  metadata: ExecutionMetadata | null;
  /** The kinds of its variables; absent where there were none, and in records of older versions. */
  variables?: GivenVariables;
  /** How `auto` was resolved to a model; absent or null where the model was named. */
  routing?: RoutingDecision | null;
  created_at: number;
  /** The source of a stored or shared answer; null where this execution called a model. */
  cached: CachedFrom | null;
  /** What a stored or shared answer saved, in nano-dollars; null where no price is known. */
  saved_nanousd: number | null;
  /** The calls that its provider may bill; absent in records of older versions. */
  calls?: BilledCalls[];
  /** What it did when. Only a record has it; absent in those of older versions. */
  timeline?: RecordedTimeline;
  /** What it was asked. Only a record has it, where its tenant has content recorded. */
  input?: RecordedInput;
  /** True where the record keeps only the beginning of `input`, or nothing of it. */
  input_truncated?: true;
}

/** An execution as it is read back: its record, and the feedback given since. */
export interface RecordedExecution extends Execution {
  feedback_score: number | null;
  feedback_comment: string | null;
}

/**
 * The sources of an answer without a call of its own: a cache tier, or the flight of another
 * caller.
 */
export const CACHED_FROM = ["memory", "edge", "kv", "flight"] as const;
/** One of {@link CACHED_FROM}. */
export type CachedFrom = (typeof CACHED_FROM)[number];
