import type { Attempt } from "../completions/attempt.ts";
import { listPriceOf } from "../completions/price-table.ts";
import type { Execution } from "../executions/execution.ts";
import type { Timings } from "../executions/timings.ts";
import { OTHER, type MetricCounts } from "./metric-counts.ts";

/** The objective of an execution where nothing else is said: it succeeds within this time, ms. */
export const SLA_MS = 1_500;

/** An execution that has ended, as far as metrics are about it. */
export interface MeasuredExecution {
  execution: Execution;
  attempts: readonly Attempt[];
  timings: Pick<Timings, "read" | "total">;
}

/** Counts an execution and the calls that were made for it. */
export function foldExecution(counts: MetricCounts, measured: MeasuredExecution): void {
  const { execution, attempts, timings } = measured;
  const { prompt_name, lane = "standard", error, cached, latency_ms } = execution;
  const outcome = error?.code ?? "succeeded";
  const row = counts.of("executions", [prompt_name, modelOf(execution), lane, outcome, cached ?? "call"]);
  row.add("executions");
  if (error === null && latency_ms <= SLA_MS) row.add("within_sla");
  row.add("cost_nanousd", execution.cost_nanousd ?? 0);
  if (execution.saved_nanousd) row.add("saved_nanousd", execution.saved_nanousd);
  row.addMs("duration", latency_ms);
  row.addMs("overhead", overheadOf(measured));
  row.addMs("gate_wait", timings.read().get("admit") ?? 0);
  const firstToken = attempts.at(-1)?.first_token_at ?? null;
  if (firstToken !== null) row.addMs("first_token", firstToken - execution.created_at);
  for (const attempt of attempts) foldAttempt(counts, attempt);
}

/**
 * The model of an execution. Callers may name any, so one that answered nothing is told only where
 * it has a list price.
 */
function modelOf({ provider, model, error }: Pick<Execution, "provider" | "model" | "error">): string {
  if (provider === null || model === null) return "";
  return error === null || listPriceOf(provider, model) ? model : OTHER;
}

/**
 * The time outside of calls, ms. Of a stream, the phase of the call ends when its text begins, so
 * its attempts say how long they took.
 */
function overheadOf({ execution, attempts, timings }: MeasuredExecution): number {
  const isStreamed = attempts.some(({ first_token_at }) => first_token_at !== null);
  if (!isStreamed) return timings.total() - (timings.read().get("llm") ?? 0);
  return attempts.reduce((rest, attempt) => rest - durationOf(attempt), execution.latency_ms);
}

function durationOf({ started_at, ended_at }: Attempt): number {
  return (ended_at ?? started_at) - started_at;
}

function foldAttempt(counts: MetricCounts, attempt: Attempt): void {
  const { candidate, outcome, error, usage, started_at, first_token_at } = attempt;
  const { provider, model } = candidate;
  const isKnown = outcome === "answered" || candidate.price !== undefined || listPriceOf(provider, model) !== null;
  const row = counts.of("attempts", [provider, isKnown ? model : OTHER, error?.code ?? outcome]);
  row.add("attempts");
  row.addMs("duration", durationOf(attempt));
  if (first_token_at !== null) row.addMs("first_chunk", first_token_at - started_at);
  if (!usage) return;
  row.add("input", usage.prompt_tokens);
  row.add("output", usage.completion_tokens);
  // What is missing in a row is 0, and most calls have none of these.
  if (usage.cached_tokens) row.add("cache_read", usage.cached_tokens);
  if (usage.cache_write_tokens) row.add("cache_write", usage.cache_write_tokens);
  if (usage.reasoning_tokens) row.add("reasoning", usage.reasoning_tokens);
}
