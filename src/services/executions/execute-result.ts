import type { Said } from "../../domain/completions/completion.ts";
import type { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import type { RateLimits } from "../../domain/rate-limit-headers.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/** How an execution was served, as the reply's headers report it. Ages in ms. */
export interface Served {
  /** `bypass`: this execution may not use the answer cache. */
  cache: "hit" | "miss" | "bypass";
  /** The source of a stored or shared answer; null where a model was called. */
  tier: Execution["cached"];
  /** The age of a stored answer; null for every other answer. */
  age_ms: number | null;
  /**
   * Whether the answer is older than this execution allows, and served because the provider failed.
   */
  stale: boolean;
  /** The age of the prompt's label pointer. */
  pointer_age_ms: number;
  /**
   * The records that were served from their last good copy, because their source did not answer.
   */
  degraded: readonly string[];
  /** The rate limits that the answering provider reported. */
  limits?: RateLimits;
}

/** A whole execution, and how it was served. */
export interface ExecutedPrompt {
  execution: Execution;
  served: Served;
  /** Its calls that may be billed for more than the record counts; none where absent. */
  uncounted?: number;
}

/**
 * A streamed execution: what is known at its start, then its events. The consumer must read the
 * events to the end, even without a client, because the execution is recorded at the end.
 */
export interface ExecutionStream {
  id: string;
  prompt: Pick<ResolvedPrompt, "label"> & { name: string; version: number };
  model: string;
  attempts: number;
  served: Served;
  events: AsyncIterable<ExecutionEvent>;
  /**
   * Says that its reader has left: what is under way is read to its end, and nothing more begun.
   */
  leave(): void;
}

/**
 * An event of a streamed execution: what the model says as it comes, then exactly one `done` or
 * `error`.
 */
export type ExecutionEvent =
  Said | { type: "done"; execution: Execution } | { type: "error"; error: AppError; execution: Execution };

/** What is known of a failed execution beside its record. */
export interface FailureFacts {
  /** Whether this is the stored first result of an idempotency key. */
  replayed?: boolean;
  /** Whether it is certain that no call of this execution cost anything. */
  unspent?: boolean;
  /** The calls that may be billed for more than the record counts. */
  uncounted?: number;
}

/**
 * Thrown when an execution fails after its input was accepted. Carries the error and the recorded
 * execution.
 */
export class ExecutionFailed extends Error {
  readonly error: AppError;
  readonly execution: Execution;
  readonly replayed: boolean;
  readonly unspent: boolean;
  readonly uncounted: number;
  constructor(error: AppError, execution: Execution, facts: FailureFacts = {}) {
    super(error.detail, { cause: error });
    this.error = error;
    this.execution = execution;
    this.replayed = facts.replayed ?? false;
    this.unspent = facts.unspent ?? false;
    this.uncounted = facts.uncounted ?? 0;
  }
}
