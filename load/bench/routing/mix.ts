import { COMPLEXITIES, type Complexity, jobAt, unit } from "../../k6/lib/workload.ts";

/** How large a part of a workload each kind of prompt is; the parts sum up to 1. */
export type Shares = Record<Complexity, number>;

/**
 * What the PBT scalability analysis reports of simple, complex and mixed load ("Distributed Performance", `cluster_performance`). It gives no shares; these
 * four figures say what its mixed workload must have been.
 */
export const SOURCE_MIX = {
  throughput_rps: { simple: 250, complex: 95, mixed: 180 },
  latency_p50_ms: { simple: 180, complex: 600, mixed: 350 },
  latency_p99_s: { simple: 1.5, complex: 3, mixed: 2.2 },
  cpu_percent: { simple: 45, complex: 70, mixed: 60 },
};

/** The share of simple prompts that a mixed figure lies at, on the line from complex to simple. */
export function simpleShare({ simple, complex, mixed }: { simple: number; complex: number; mixed: number }): number {
  return (mixed - complex) / (simple - complex);
}

/** The mean of what the source's four figures imply, to a whole per cent; what is not simple is moderate and complex in equal parts. */
export function sourceShares(): Shares {
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

/** The first tasks of a seeded workload, drawn by the shares: the prompts and inputs of `npm run load`, without its repetitions. */
export function tasksOf(seed: number, count: number, shares: Shares): Task[] {
  return Array.from({ length: count }, (_, n) => {
    const complexity = drawn(shares, unit(seed + 7, n));
    const { prompt, variables } = jobAt({ id: `r${seed}-${n}`, seed }, complexity, 0);
    return { complexity, prompt, variables };
  });
}

function drawn(shares: Shares, roll: number): Complexity {
  let rest = roll;
  for (const complexity of COMPLEXITIES) {
    if (rest < shares[complexity]) return complexity;
    rest -= shares[complexity];
  }
  return "complex";
}
