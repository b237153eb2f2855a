import type { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import type { RateLimits } from "../../domain/gate/rate-limit-headers.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/** What a reply says beside the execution itself: how it was served. Ages in milliseconds. */
export interface Served {
  cache: "hit" | "miss" | "bypass";
  tier: Execution["cached"];
  age_ms: number | null;
  stale: boolean;
  pointer_age_ms: number;
  /** What was served from its last good copy because its source does not answer. */
  degraded: readonly string[];
  /** What the provider that answered says of its limits. */
  limits?: RateLimits;
}

/** A whole execution, and how it was served. */
export interface ExecutedPrompt {
  execution: Execution;
  served: Served;
}

/** A streamed execution: what is known at its start, then its events. Read the events to the end, whether anyone listens or not: the last step records. */
export interface ExecutionStream {
  id: string;
  prompt: Pick<ResolvedPrompt, "label"> & { name: string; version: number };
  model: string;
  attempts: number;
  served: Served;
  events: AsyncIterable<ExecutionEvent>;
}

/** Text as it comes, then exactly one end. */
export type ExecutionEvent =
  | { type: "delta"; text: string }
  | { type: "done"; execution: Execution }
  | { type: "error"; error: AppError; execution: Execution };

/** An execution that failed after it was accepted: the error, and the id under which it is recorded. */
export class ExecutionFailed extends Error {
  readonly error: AppError;
  readonly execution: Execution;
  /** The first result of an idempotency key, told again. */
  readonly replayed: boolean;
  constructor(error: AppError, execution: Execution, replayed = false) {
    super(error.detail, { cause: error });
    this.error = error;
    this.execution = execution;
    this.replayed = replayed;
  }
}
