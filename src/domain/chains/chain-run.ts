import type { ToolCall } from "../completions/tools.ts";
import type { ErrorCode } from "../errors.ts";
import type { Execution, ExecutionError, ExecutionMetadata, ExecutionStatus } from "../executions/execution.ts";
import type { Intent } from "../executions/intent.ts";
import type { Lane } from "../lane.ts";
import { byteLength } from "../../lib/encoding.ts";
import type { TraceContext } from "../trace-context.ts";
import type { ChainDefinition, ChainStep } from "./chain.ts";

/** What a run was asked for, and the chain as it was then. It never changes. */
export interface ChainPlan {
  definition: ChainDefinition;
  /** Checked against their declarations, with defaults. */
  inputs: Record<string, unknown>;
  /** The run begins no call after this time, Unix ms. */
  deadline_at: number;
  user?: string;
  metadata?: ExecutionMetadata;
  cache?: boolean;
  /** The most that the run may spend, in nano-dollars. */
  max_cost_nanousd?: number;
  trace?: TraceContext;
}

/**
 * How a run stands. `succeeded`: no step failed. `partial`: a step failed, and not one that the
 * result needs. `failed`: the run has no result.
 */
export const CHAIN_RUN_STATUSES = ["running", "succeeded", "partial", "failed", "cancelled"] as const;
/** One of {@link CHAIN_RUN_STATUSES}. */
export type ChainRunStatus = (typeof CHAIN_RUN_STATUSES)[number];

/** A run of a chain. Times are Unix ms, money in nano-dollars. */
export interface ChainRun {
  id: string;
  tenant_id: string;
  key_id: string;
  chain_name: string;
  chain_version: number;
  chain_label: string | null;
  lane: Lane;
  plan: ChainPlan;
  status: ChainRunStatus;
  created_at: number;
  ended_at: number | null;
}

/** An execution of a step that has ended, or whose end is not known. */
export interface StepExecution extends Pick<Execution, "id" | "cost_nanousd"> {
  status: ExecutionStatus;
  /** What its calls may be billed beyond the record; kept where the run has a limit. */
  uncounted_nanousd?: number;
}

/** What an execution gave to its step. */
export interface StepAnswer extends Pick<
  Execution,
  "output" | "output_json" | "model" | "provider" | "prompt_version" | "prompt_label" | "latency_ms"
> {
  status: "succeeded";
  tool_calls?: ToolCall[];
}

/** How the executions of one item of a step ended. */
export type ItemEnd = StepAnswer | { status: "failed"; error: ExecutionError };

/** One item of a step; a step without `for_each` has one. */
export interface ChainItem {
  step: string;
  item: number;
  /** Oldest first; all but the last were tried again. */
  executions: StepExecution[];
  /** The execution that was about to call a provider, and of which no end is stored yet. */
  intent?: Intent;
  /** What was set aside for it, where the run has a limit. */
  reserved_nanousd?: number;
  end?: ItemEnd;
}

/** Characters of an answer that a run keeps: as many as the record of its execution. */
const MAX_OUTPUT = 400_000;
/** An item is one value of D1, which holds 2 MB; a character may take six bytes of it. */
const MAX_END_BYTES = 1_900_000;

/** The most bytes of all answers of a run, as JSON: its workers and its readers hold them at once. */
export const MAX_RUN_BYTES = 4_000_000;

/** What the answers of a run may still take. */
export class AnswerRoom {
  #left = MAX_RUN_BYTES;

  /** Counts an answer that the run has, whatever is left. */
  hold({ end }: Pick<ChainItem, "end">): void {
    if (end?.status === "succeeded") this.#left -= bytesOf(end);
  }

  /** Takes room for one more. False where there is too little. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

/** Failures that may pass if the step is executed once more. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  "rate_limit_error",
  "provider_error",
  "provider_overloaded",
  "timeout",
  "internal_error",
]);

/**
 * An item after one more execution, by its record. It has ended where that succeeded, or failed for
 * good, or its answer is more than the run has room for. One whose end is not known is made again:
 * it may not have called anybody, and it counts at its worst.
 */
export function withExecution(
  item: ChainItem,
  { retries }: Pick<ChainStep, "retries">,
  execution: Execution,
  { uncounted_nanousd = 0, room }: { uncounted_nanousd?: number; room: AnswerRoom },
): ChainItem {
  const { id, status, cost_nanousd, error } = execution;
  const made: StepExecution = { id, status, cost_nanousd, ...(uncounted_nanousd > 0 && { uncounted_nanousd }) };
  const next: ChainItem = { step: item.step, item: item.item, executions: [...item.executions, made] };
  if (status === "unknown") return next;
  if (status === "succeeded") return { ...next, end: endOf(execution, room) };
  const why = error ?? { code: "internal_error", detail: "The execution failed." };
  const failures = next.executions.filter((each) => each.status === "failed").length;
  return failures <= retries && PASSING.has(why.code) ? next : { ...next, end: { status: "failed", error: why } };
}

function endOf(execution: Execution, room: AnswerRoom): ItemEnd {
  const { output, output_json, tool_calls, output_truncated } = execution;
  if (output_truncated || (output?.length ?? 0) > MAX_OUTPUT) return tooLong(`${MAX_OUTPUT} characters`);
  const { model, provider, prompt_version, prompt_label, latency_ms } = execution;
  const known = { model, provider, prompt_version, prompt_label, latency_ms };
  const answer: StepAnswer = {
    status: "succeeded",
    output,
    ...(output_json !== undefined && { output_json }),
    ...(tool_calls && { tool_calls }),
    ...known,
  };
  const bytes = bytesOf(answer);
  if (bytes > MAX_END_BYTES) return tooLong(`${MAX_END_BYTES} bytes`);
  if (room.take(bytes)) return answer;
  const detail = `With this answer, those of the run have more than ${MAX_RUN_BYTES} bytes: split the chain.`;
  return { status: "failed", error: { code: "payload_too_large", detail } };
}

function bytesOf(answer: StepAnswer): number {
  return byteLength(JSON.stringify(answer));
}

function tooLong(most: string): ItemEnd {
  const detail = `The answer has more than ${most}, which is more than a chain passes on.`;
  return { status: "failed", error: { code: "payload_too_large", detail } };
}

/** What some executions cost together; null where the price of one is not known. */
export function costOfItems(items: Iterable<Pick<ChainItem, "executions">>): number | null {
  let total = 0;
  for (const { executions } of items) {
    for (const { cost_nanousd } of executions) {
      if (cost_nanousd === null) return null;
      total += cost_nanousd;
    }
  }
  return total;
}

/** What they may have cost at the most. */
export function worstCostOfItems(items: Iterable<Pick<ChainItem, "executions">>): number {
  let total = 0;
  for (const { executions } of items) {
    for (const { cost_nanousd, uncounted_nanousd = 0 } of executions) total += (cost_nanousd ?? 0) + uncounted_nanousd;
  }
  return total;
}
