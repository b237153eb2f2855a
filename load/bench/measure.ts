import { usageOf } from "../../scripts/process-usage.ts";
import type { MockProcess } from "../harness/mock.ts";
import { drive, type Driven } from "./generator.ts";
import { type Cell, cellName, type Plan } from "./plan.ts";
import type { Target } from "./target.ts";

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

/** Measures every target in every cell, round by round. The order of targets turns with each round, so that none is always first. */
export async function measure(
  mock: MockProcess,
  targets: readonly Target[],
  plan: Plan,
  progress: (line: string) => void,
): Promise<CellResult[]> {
  await warmUp(mock, targets);
  const results: CellResult[] = plan.cells.map((cell) => ({ cell, rounds: [] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { cell, rounds } of results) {
      progress(`round ${round + 1} of ${plan.rounds}: ${cellName(cell)}`);
      await mock.profile({ default: cell.form === "whole" ? { delay_ms: cell.delay_ms } : { ttft_ms: cell.delay_ms } });
      const slices: Record<string, Slice> = {};
      for (let at = 0; at < targets.length; at++) {
        const target = targets[(at + round) % targets.length];
        if (target) slices[target.name] = await measureSlice(target, cell, plan.slice_ms);
      }
      rounds.push(slices);
    }
  }
  return results;
}

async function warmUp(mock: MockProcess, targets: readonly Target[]): Promise<void> {
  await mock.profile({});
  for (const target of targets) {
    for (const form of ["whole", "stream"] as const) {
      const { requests, failed, failure } = await driveTarget(target, form, WARM_UP.connections, WARM_UP.durationMs);
      if (failed === requests) throw new Error(`${target.name} answers nothing (${form}): ${failure}\n`);
    }
  }
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
