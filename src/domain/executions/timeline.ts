import type { Attempt, AttemptOutcome } from "../completions/attempt.ts";
import type { ErrorCode } from "../errors.ts";
import type { Phase, Timings } from "./timings.ts";

/**
 * A timeline as records have it, without names of fields. Times in whole ms since the execution's
 * start; null stands for what is not known.
 */
export interface RecordedTimeline {
  /** Phases: their name, their start and how long they took. */
  p: (readonly [name: Phase, start: number, ms: number])[];
  a: RecordedAttempt[];
  /** The id of its trace; absent where it has none, and in records of older versions. */
  t?: string;
}

/**
 * An attempt in a record: the name of the provider's key, the cost in nano-dollars, and of a
 * failure its code and the HTTP status of the provider.
 */
type RecordedAttempt = readonly [
  model: string,
  provider: string,
  key: string,
  outcome: AttemptOutcome,
  start: number,
  ms: number | null,
  ttft: number | null,
  cost: number | null,
  code?: ErrorCode,
  status?: number | null,
];

/** What an execution did when. Times in ms since its start; what came before it is negative. */
export interface Timeline {
  phases: TimelinePhase[];
  attempts: TimelineAttempt[];
}

/** A phase of an execution: one of its request, or one that is told by its attempts. */
export interface TimelinePhase {
  name: Phase | "admission" | "settle";
  start_ms: number;
  duration_ms: number;
}

/** A call to a provider. What is not known is absent. */
export interface TimelineAttempt {
  model: string;
  provider: string;
  /** The name of the provider's key. */
  key: string;
  outcome: AttemptOutcome;
  start_ms: number;
  duration_ms?: number;
  /** Until the first part of a stream came. */
  ttft_ms?: number;
  /** The HTTP status of a provider that failed. */
  status?: number;
  error_code?: ErrorCode;
  cost_nanousd?: number;
}

/** What a timeline is folded from. */
export interface EndedTimes {
  execution: { created_at: number };
  attempts: readonly Attempt[];
  timings: Pick<Timings, "read" | "starts">;
  /** The id of the trace that its spans are in. */
  trace_id?: string | undefined;
}

/**
 * The timeline of an execution that has ended, for its record. The clock of the phases began with
 * the request, and the first of them that is the execution's own began with the execution.
 */
export function toTimeline({ execution, attempts, timings, trace_id }: EndedTimes): RecordedTimeline {
  const starts = timings.starts();
  const begun = starts.get("load") ?? starts.get("render") ?? 0;
  const p: RecordedTimeline["p"] = [];
  for (const [name, ms] of timings.read()) p.push([name, Math.round((starts.get(name) ?? 0) - begun), Math.round(ms)]);
  const a = attempts.map((attempt) => toRecorded(attempt, execution.created_at));
  return trace_id === undefined ? { p, a } : { p, a, t: trace_id };
}

function toRecorded(attempt: Attempt, startedAt: number): RecordedAttempt {
  const { candidate, key, outcome, started_at, ended_at, first_token_at, cost, error } = attempt;
  const since = (time: number | null) => (time === null ? null : Math.max(0, Math.round(time - started_at)));
  const who = [candidate.model, candidate.provider, key, outcome] as const;
  const [ms, ttft] = [since(ended_at), since(first_token_at)];
  const told = [...who, Math.round(started_at - startedAt), ms, ttft, cost?.cost_nanousd ?? null] as const;
  return error ? [...told, error.code, error.providerStatus ?? null] : told;
}

/**
 * Reads a timeline out of a record. `admission` is the time until the first attempt, in which money
 * was reserved and a permit waited for; `settle` what followed the last one.
 */
export function readTimeline(
  { p, a }: RecordedTimeline,
  { latency_ms, cached }: { latency_ms: number; cached: string | null },
): Timeline {
  const attempts = a.map(toAttempt);
  const [first, last] = [attempts[0], attempts.at(-1)];
  const phases = p.flatMap(([name, start_ms, duration_ms]): TimelinePhase[] => {
    const phase = { name, start_ms, duration_ms };
    // A follower of a flight has the call's phase, too, and waits in it for the leader's answer.
    const isCall = name === "llm" && (first !== undefined || cached === null);
    return isCall ? [phase, between("admission", start_ms, first?.start_ms ?? latency_ms)] : [phase];
  });
  if (last?.duration_ms !== undefined) phases.push(between("settle", last.start_ms + last.duration_ms, latency_ms));
  return { phases, attempts };
}

function between(name: TimelinePhase["name"], start_ms: number, end: number): TimelinePhase {
  return { name, start_ms, duration_ms: Math.max(0, end - start_ms) };
}

function toAttempt([model, provider, key, outcome, start_ms, ...rest]: RecordedAttempt): TimelineAttempt {
  const [duration_ms, ttft_ms, cost_nanousd, error_code, status] = rest;
  return {
    model,
    provider,
    key,
    outcome,
    start_ms,
    ...(isKnown(duration_ms) && { duration_ms }),
    ...(isKnown(ttft_ms) && { ttft_ms }),
    ...(isKnown(status) && { status }),
    ...(error_code && { error_code }),
    ...(isKnown(cost_nanousd) && { cost_nanousd }),
  };
}

function isKnown<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
