import { unitAt } from "../../harness/random.ts";
import { COMPLEXITIES, type Complexity, jobAt } from "../../k6/lib/workload.ts";

/** The share of each complexity in a workload. The shares sum to 1. */
export type WorkloadShares = Record<Complexity, number>;

/**
 * The PBT scalability analysis ("Distributed Performance", `cluster_performance`) reports these
 * figures of simple, complex and mixed load. It does not say how the mixed load is composed; the
 * four figures imply its share of simple prompts.
 */
export const SOURCE_MIX = {
  throughput_rps: { simple: 250, complex: 95, mixed: 180 },
  latency_p50_ms: { simple: 180, complex: 600, mixed: 350 },
  latency_p99_s: { simple: 1.5, complex: 3, mixed: 2.2 },
  cpu_percent: { simple: 45, complex: 70, mixed: 60 },
};

/** The share of simple prompts at which a figure between `complex` and `simple` is `mixed`. */
export function simpleShare({ simple, complex, mixed }: { simple: number; complex: number; mixed: number }): number {
  return (mixed - complex) / (simple - complex);
}

/**
 * The shares of the source's mixed load: the mean share of simple prompts that its four figures
 * imply, to a whole per cent. The rest is moderate and complex in equal parts.
 */
export function sourceShares(): WorkloadShares {
  const implied = Object.values(SOURCE_MIX).map(simpleShare);
  const simple = Math.round((100 * implied.reduce((sum, share) => sum + share, 0)) / implied.length) / 100;
  return { simple, moderate: (1 - simple) / 2, complex: (1 - simple) / 2 };
}

/** One task of the mixed workload. */
export interface Task {
  complexity: Complexity;
  prompt: string;
  variables: Record<string, unknown>;
}

/**
 * The first `count` tasks of a seeded workload with these shares. Prompts and inputs are those of
 * `npm run load`, but no input is repeated.
 */
export function tasksOf(seed: number, count: number, shares: WorkloadShares): Task[] {
  return Array.from({ length: count }, (_, n) => {
    const complexity = drawComplexity(shares, unitAt(seed + 8, n + 1));
    const { prompt, variables } = jobAt({ id: `r${seed}-${n}`, seed }, complexity, 0);
    return { complexity, prompt, variables };
  });
}

function drawComplexity(shares: WorkloadShares, roll: number): Complexity {
  let rest = roll;
  for (const complexity of COMPLEXITIES) {
    if (rest < shares[complexity]) return complexity;
    rest -= shares[complexity];
  }
  return "complex";
}
