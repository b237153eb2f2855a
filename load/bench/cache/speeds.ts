import { runClosedLoop } from "../../harness/closed-loop.ts";
import { rotated } from "../rotate.ts";
import type { AnswerSource } from "./sources.ts";

/** The measurements of one source in one slice. Times in milliseconds. */
export interface Speed {
  requests: number;
  failed: number;
  failure: string | null;
  rps: number;
  p50_ms: number;
  p99_ms: number;
  /** The share of answers that came from the expected tier. */
  as_expected: number;
}

/** How to measure: every source in every cell, once a round. */
export interface SpeedPlan {
  /** One cell for each number of connections. */
  connections: number[];
  rounds: number;
  slice_ms: number;
}

/** The measurements of a cell: for each round one slice of every source, by its name. */
export interface SpeedCell {
  connections: number;
  rounds: Record<string, Speed>[];
}

const WARM_UP_MS = 1_000;
/** Load before each slice, which brings the source's answers into the expected tier. */
const SETTLE_MS = 200;

/** Measures all sources. Rounds interleave them, and each round begins with another source. */
export async function measureSpeeds(
  sources: readonly AnswerSource[],
  plan: SpeedPlan,
  progress: (line: string) => void,
): Promise<SpeedCell[]> {
  for (const source of sources) await measureSlice(source, 16, WARM_UP_MS);
  const cells: SpeedCell[] = plan.connections.map((connections) => ({ connections, rounds: [] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { connections, rounds } of cells) {
      progress(`round ${round + 1} of ${plan.rounds}: ${connections} connections`);
      const speeds: Record<string, Speed> = {};
      for (const source of rotated(sources, round)) {
        await measureSlice(source, connections, SETTLE_MS);
        speeds[source.name] = await measureSlice(source, connections, plan.slice_ms);
      }
      rounds.push(speeds);
    }
  }
  return cells;
}

async function measureSlice(source: AnswerSource, connections: number, durationMs: number): Promise<Speed> {
  let asExpected = 0;
  const { requests, failed, failure, elapsedMs, latency } = await runClosedLoop({
    url: source.url,
    connections,
    durationMs,
    request: (n) => source.request(n),
    answer: /\[mock /,
    onHeaders: (headers) => {
      if (source.cache === null || headers["x-pbt-cache"] === source.cache) asExpected++;
    },
  });
  return {
    requests,
    failed,
    failure,
    rps: ((requests - failed) / elapsedMs) * 1000,
    p50_ms: latency.percentile(50) / 1000,
    p99_ms: latency.percentile(99) / 1000,
    as_expected: requests === 0 ? 0 : asExpected / requests,
  };
}
