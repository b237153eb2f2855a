import { drive } from "../../harness/generator.ts";
import type { Subject } from "./subjects.ts";

/** One subject in one slice. Times in milliseconds. */
export interface Speed {
  requests: number;
  failed: number;
  failure: string | null;
  rps: number;
  p50_ms: number;
  p99_ms: number;
  /** The share of answers that came from where the subject's name says. */
  as_called: number;
}

/** What is measured: all subjects in every cell, once a round. */
export interface SpeedPlan {
  connections: number[];
  rounds: number;
  slice_ms: number;
}

/** A cell's slices by subject, a record for each round. */
export interface SpeedCell {
  connections: number;
  rounds: Record<string, Speed>[];
}

const WARM_UP_MS = 1_000;
/** Before each slice, to bring its answers where they are to be. Milliseconds. */
const SETTLE_MS = 200;

/** Measures, interleaved over rounds; the order turns with each round. */
export async function measureSpeeds(
  subjects: readonly Subject[],
  plan: SpeedPlan,
  progress: (line: string) => void,
): Promise<SpeedCell[]> {
  for (const subject of subjects) await slice(subject, 16, WARM_UP_MS);
  const cells: SpeedCell[] = plan.connections.map((connections) => ({ connections, rounds: [] }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { connections, rounds } of cells) {
      progress(`round ${round + 1} of ${plan.rounds}: ${connections} connections`);
      const at = round % subjects.length;
      const speeds: Record<string, Speed> = {};
      for (const subject of [...subjects.slice(at), ...subjects.slice(0, at)]) {
        await slice(subject, connections, SETTLE_MS);
        speeds[subject.name] = await slice(subject, connections, plan.slice_ms);
      }
      rounds.push(speeds);
    }
  }
  return cells;
}

async function slice(subject: Subject, connections: number, durationMs: number): Promise<Speed> {
  let told = 0;
  const { requests, failed, failure, elapsedMs, latency } = await drive({
    url: subject.url,
    connections,
    durationMs,
    request: (n) => subject.request(n),
    answer: /\[mock /,
    onHeaders: (headers) => {
      if (subject.called === null || headers["x-pbt-cache"] === subject.called) told++;
    },
  });
  return {
    requests,
    failed,
    failure,
    rps: ((requests - failed) / elapsedMs) * 1000,
    p50_ms: latency.percentile(50) / 1000,
    p99_ms: latency.percentile(99) / 1000,
    as_called: requests === 0 ? 0 : told / requests,
  };
}
