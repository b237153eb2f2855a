import type { Attempt } from "../../src/domain/completions/attempt.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import type { Timings } from "../../src/domain/executions/timings.ts";
import type { TracedExecution } from "../../src/domain/traces/execution-spans.ts";
import type { TraceContext } from "../../src/domain/trace-context.ts";
import { recorded } from "./recorded.ts";

/** When the executions of these tests arrive, Unix ms. */
export const ARRIVAL = 1_795_000_000_000;
export const TRACE: TraceContext = {
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  span_id: "00f067aa0ba902b7",
  parent_id: "b7ad6b7169203331",
  sampled: true,
  decided: true,
};

/** The phases of an execution: when each began after the arrival, and how long it took, in ms. */
export type Phases = Record<string, readonly [start: number, ms: number]>;

/** Timings as a request has them at its end. */
export function timingsOf(phases: Phases): Pick<Timings, "read" | "starts"> {
  const pick = (index: 0 | 1) => new Map(Object.entries(phases).map(([name, times]) => [name, times[index]]));
  return { read: () => pick(1), starts: () => pick(0) } as Pick<Timings, "read" | "starts">;
}

/** An attempt that was answered, `at` ms after the arrival. */
export function attemptAt(at: number, ms: number, change: Partial<Attempt> = {}): Attempt {
  return {
    candidate: { provider: "openai", model: "gpt-6-luna" },
    key: "main",
    served_model: "gpt-6-luna-2026",
    started_at: ARRIVAL + at,
    first_token_at: null,
    ended_at: ARRIVAL + at + ms,
    outcome: "answered",
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, cached_tokens: 60, reasoning_tokens: 5 },
    usage_estimated: false,
    cost: null,
    limits: {},
    ...change,
  };
}

/** A whole execution that called a model once, 40 ms after it arrived. */
export function traced(change: Partial<TracedExecution> & { record?: Partial<Execution> } = {}): TracedExecution {
  const { record, ...rest } = change;
  return {
    trace: TRACE,
    execution: recorded({
      id: "exe_01a20b3b-0000-7000-8000-0123456789ab",
      prompt_name: "support/greet",
      prompt_version: 3,
      prompt_label: "production",
      lane: "high",
      created_at: ARRIVAL + 10,
      latency_ms: 190,
      cost_nanousd: 2_500_000,
      ...record,
    }),
    attempts: [attemptAt(40, 150)],
    input: { messages: [{ role: "user", content: "Hi" }], parameters: { temperature: 1, max_tokens: 50 } },
    variables: 2,
    timings: timingsOf({ auth: [0, 5], load: [10, 5], render: [15, 5], admit: [20, 1], llm: [22, 170] }),
    ...rest,
  };
}
