import { usageOf } from "../../../scripts/process-usage.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { drive, type Driven } from "../../harness/generator.ts";
import { type Cell, cellName, type Plan } from "./plan.ts";
import type { Target } from "../targets/target.ts";

/** What one target did in one slice. Times in milliseconds; null where it was not measured or too few requests say anything. */
export interface Slice {
  requests: number;
  failed: number;
  failure: string | null;
  rps: number;
  p50_ms: number | null;
  p99_ms: number | null;
  ttft_p50_ms: number | null;
  ttft_p99_ms: number | null;
  /** User plus system time of the serving processes. */
  cpu_ms: number | null;
}

/** A cell with one record of slices, by target, for each round. */
export interface CellResult {
  cell: Cell;
  rounds: Record<string, Slice>[];
}

const WARM_UP = { connections: 32, durationMs: 1_500 };
/** Below this a 99th percentile is only the slowest request. */
const P99_NEEDS = 100;
const ANSWER = /\[mock /;

let sent = 0;
/** A prompt that no cache has seen. */
const freshText = () => `Route ticket ${++sent}: my invoice shows a payment that I did not make, please help.`;

/** A form of answer that a target does not give, with its own words. */
export interface Refusal {
  name: string;
  form: Cell["form"];
  error: string;
}

/**
 * Measures every target in every cell, round by round. The order of targets turns with each round, so that none is always first.
 * A target that answers nothing in one form is left out of that form's cells and told in `refusals`.
 */
export async function measure(
  mock: MockProcess,
  targets: readonly Target[],
  plan: Plan,
  progress: (line: string) => void,
): Promise<{ cells: CellResult[]; refusals: Refusal[] }> {
  const refusals = await warmUp(mock, targets);
  const cells: CellResult[] = plan.cells.map((cell) => ({ cell, rounds: [] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { cell, rounds } of cells) {
      progress(`round ${round + 1} of ${plan.rounds}: ${cellName(cell)}`);
      await mock.profile({ default: cell.form === "whole" ? { delay_ms: cell.delay_ms } : { ttft_ms: cell.delay_ms } });
      const able = targets.filter(({ name }) => !refusals.some((no) => no.name === name && no.form === cell.form));
      rounds.push(
        await measureRound([...able.slice(round % able.length), ...able.slice(0, round % able.length)], cell, plan),
      );
    }
  }
  return { cells, refusals };
}

async function measureRound(targets: readonly Target[], cell: Cell, plan: Plan): Promise<Record<string, Slice>> {
  const slices: Record<string, Slice> = {};
  for (const target of targets) slices[target.name] = await measureSlice(target, cell, plan.slice_ms);
  return slices;
}

/** Lets every engine compile its hot code, and sees which forms a target answers at all. */
async function warmUp(mock: MockProcess, targets: readonly Target[]): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  await mock.profile({});
  for (const { form, target } of targets.flatMap((target) =>
    (["whole", "stream"] as const).map((form) => ({ form, target })),
  )) {
    const { requests, failed, failure } = await driveTarget(target, form, WARM_UP.connections, WARM_UP.durationMs);
    if (failed === requests) refusals.push({ name: target.name, form, error: failure ?? "no answer" });
  }
  return refusals;
}

async function measureSlice(target: Target, cell: Cell, durationMs: number): Promise<Slice> {
  const before = target.pid === null ? null : usageOf(target.pid);
  const driven = await driveTarget(target, cell.form, cell.connections, durationMs);
  const after = target.pid === null ? null : usageOf(target.pid);
  const answered = driven.requests - driven.failed;
  const at = (histogram: Driven["latency"], percentile: number, needs: number) =>
    histogram.count < needs ? null : histogram.percentile(percentile) / 1000;
  return {
    requests: driven.requests,
    failed: driven.failed,
    failure: driven.failure,
    rps: (answered / driven.elapsedMs) * 1000,
    p50_ms: at(driven.latency, 50, 1),
    p99_ms: at(driven.latency, 99, P99_NEEDS),
    ttft_p50_ms: at(driven.ttft, 50, 1),
    ttft_p99_ms: at(driven.ttft, 99, P99_NEEDS),
    cpu_ms: before && after && driven.requests > 0 ? (after.cpuMs - before.cpuMs) / driven.requests : null,
  };
}

async function driveTarget(target: Target, form: Cell["form"], connections: number, durationMs: number) {
  const stream = form === "stream";
  return drive({
    url: target.url,
    connections,
    durationMs,
    request: () => target.request(freshText(), stream),
    ...(stream ? { firstToken: target.firstToken, answer: target.streamEnd } : { answer: ANSWER }),
  });
}
