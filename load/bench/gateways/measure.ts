import { usageOf } from "../../../scripts/process-usage.ts";
import { type ClosedLoopResult, runClosedLoop } from "../../harness/closed-loop.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { rotated } from "../rotate.ts";
import { type Form, isStream, type Target } from "../targets/target.ts";
import { type BenchPlan, type Cell, cellName, PACE_TOKENS_PER_S } from "./plan.ts";

/** The measurements of one target in one slice. Times in milliseconds; null where not measured. */
export interface Slice {
  requests: number;
  failed: number;
  failure: string | null;
  rps: number;
  p50_ms: number | null;
  /** Null also where there are too few answers for a 99th percentile. */
  p99_ms: number | null;
  ttft_p50_ms: number | null;
  ttft_p99_ms: number | null;
  /** User plus system time of the serving processes, per request. */
  cpu_ms: number | null;
}

/** The measurements of a cell: for each round one slice of every target, by its name. */
export interface CellResult {
  cell: Cell;
  rounds: Record<string, Slice>[];
}

/** A form of answer that a target cannot give, with its error. */
export interface Refusal {
  name: string;
  form: Form;
  error: string;
}

const WARM_UP = { connections: 32, durationMs: 1_500 };
/** With fewer answers a 99th percentile is only the slowest of them. */
const P99_NEEDS = 100;
const ANSWER = /\[mock /;

/** The text of every request that a memory may answer. */
const KNOWN_TEXT = "Route ticket 0: my invoice shows a payment that I did not make, please help.";

let sent = 0;
/** The next prompt text; no cache can know it. */
const freshText = () => `Route ticket ${++sent}: my invoice shows a payment that I did not make, please help.`;

/**
 * Measures every target in every cell, round by round. Each round begins with another target. A
 * target that fails every request of one form is left out of that form's cells and returned in
 * `refusals`.
 */
export async function measure(
  mock: MockProcess,
  targets: readonly Target[],
  plan: BenchPlan,
  progress: (line: string) => void,
): Promise<{ cells: CellResult[]; refusals: Refusal[] }> {
  const refusals = await warmUp(mock, targets, [...new Set(plan.cells.map(({ form }) => form))]);
  const cells: CellResult[] = plan.cells.map((cell) => ({ cell, rounds: [] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { cell, rounds } of cells) {
      progress(`round ${round + 1} of ${plan.rounds}: ${cellName(cell)}`);
      await mock.profile({ default: latencyOf(cell) });
      const able = targets.filter(({ name }) => !refusals.some((no) => no.name === name && no.form === cell.form));
      rounds.push(await measureRound(rotated(able, round), cell, plan));
    }
  }
  return { cells, refusals };
}

function latencyOf({ form, delay_ms }: Cell) {
  if (form === "paced") return { ttft_ms: delay_ms, tokens_per_s: PACE_TOKENS_PER_S };
  return form === "stream" ? { ttft_ms: delay_ms } : { delay_ms };
}

async function measureRound(targets: readonly Target[], cell: Cell, plan: BenchPlan): Promise<Record<string, Slice>> {
  const slices: Record<string, Slice> = {};
  for (const target of targets) slices[target.name] = await measureSlice(target, cell, plan.slice_ms);
  return slices;
}

/** Lets every engine compile its hot code, and finds the forms that a target cannot give. */
async function warmUp(mock: MockProcess, targets: readonly Target[], forms: readonly Form[]): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  await mock.profile({});
  for (const target of targets) {
    for (const form of forms) {
      const { requests, failed, failure } = await loadTarget(target, form, WARM_UP.connections, WARM_UP.durationMs);
      if (failed === requests) refusals.push({ name: target.name, form, error: failure ?? "no answer" });
    }
  }
  return refusals;
}

async function measureSlice(target: Target, cell: Cell, durationMs: number): Promise<Slice> {
  const before = target.pid === null ? null : usageOf(target.pid);
  const result = await loadTarget(target, cell.form, cell.connections, durationMs);
  const after = target.pid === null ? null : usageOf(target.pid);
  const { requests, failed, failure, elapsedMs, latency, ttft } = result;
  const at = (histogram: ClosedLoopResult["latency"], percentile: number, needs: number) =>
    histogram.count < needs ? null : histogram.percentile(percentile) / 1000;
  return {
    requests,
    failed,
    failure,
    rps: ((requests - failed) / elapsedMs) * 1000,
    p50_ms: at(latency, 50, 1),
    p99_ms: at(latency, 99, P99_NEEDS),
    ttft_p50_ms: at(ttft, 50, 1),
    ttft_p99_ms: at(ttft, 99, P99_NEEDS),
    cpu_ms: before && after && requests > 0 ? (after.cpuMs - before.cpuMs) / requests : null,
  };
}

async function loadTarget(target: Target, form: Form, connections: number, durationMs: number) {
  return runClosedLoop({
    url: target.url,
    connections,
    durationMs,
    request: () => target.request(form === "hit" ? KNOWN_TEXT : freshText(), form),
    ...(isStream(form) ? { firstToken: target.firstToken, answer: target.streamEnd } : { answer: ANSWER }),
  });
}
