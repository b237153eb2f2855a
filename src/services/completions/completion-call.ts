import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { Completion, CompletionInput } from "../../domain/completions/completion.ts";
import type { Purpose } from "../../domain/gate/protocol/messages.ts";
import type { Lane } from "../../domain/lane.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import type { ExecutionBudget } from "../budgets/open-budget.ts";
import type { CallTimes } from "./call-times.ts";
import type { CompletionPart } from "./completion-result.ts";

/**
 * One completion that a tenant asks for, to be made by the first candidate that can, in their
 * order; candidates on standby only after a failure. `signal` is the execution's deadline.
 */
export interface CompletionCall {
  tenant_id: string;
  /** The API key that asks. */
  key_id?: string;
  lane: Lane;
  candidates: Candidate[];
  input: CompletionInput;
  signal: AbortSignal;
  /** How long all of it may take, in ms; the lane's time-out when absent. */
  timeout_ms?: number;
  /** How long a provider may be silent, where the prompt says so. */
  times?: Partial<Pick<CallTimes, "firstByteMs" | "readMs">>;
  /** The purpose whose concurrency the calls count against; `execution` when absent. */
  purpose?: Purpose;
  /** False: takes the capacity that is free now, or fails. True when absent. */
  queue?: boolean;
  /**
   * Puts on record that money is about to be spent on a number of attempts. No provider is called
   * before it is done, nor if it fails. For the first attempt it runs beside the admission. Absent
   * where that is on record already.
   */
  own?: (attempts: number) => Promise<void>;
  /** Opens the budgets that the calls are paid from; null where there is none, as when absent. */
  openBudget?: () => Promise<ExecutionBudget | null>;
  /**
   * Asked where a stream breaks off in its text: whether it goes on with another call. Never where
   * absent.
   */
  restarts?: () => boolean;
  /** Where it stands in a trace. */
  trace?: TraceContext;
  /** Where the stream that this call goes on with broke off; absent for a first call. */
  cut?: StreamCut;
}

/**
 * A stream that broke off in the middle: what its reader has had of it, and its attempts so far.
 */
export interface StreamCut extends Pick<Completion, "text" | "reasoning" | "reasoning_blocks"> {
  attempts: readonly Attempt[];
}

/** A completion that has begun to stream. The last attempt is the one being read. */
export interface CompletionStream {
  candidate: Candidate;
  attempts: readonly Attempt[];
  parts: AsyncIterable<CompletionPart>;
}
