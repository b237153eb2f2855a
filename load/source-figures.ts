import type { Complexity } from "./k6/lib/workload.ts";

/** Throughput (requests per second) and latency (milliseconds) of one cell of the matrix. */
export interface CellFigures {
  rps: number;
  p50: number;
  p99: number;
}

/**
 * The figures of a single node in the PBT scalability analysis ("Performance Benchmarks",
 * `single_node_results`), by users. It has none for moderate prompts.
 */
export const SOURCE_FIGURES: Record<Complexity, Record<number, CellFigures>> = {
  simple: {
    1: { rps: 10, p50: 100, p99: 200 },
    10: { rps: 45, p50: 220, p99: 500 },
    50: { rps: 48, p50: 1000, p99: 2500 },
    100: { rps: 49, p50: 2000, p99: 5000 },
  },
  moderate: {},
  complex: {
    1: { rps: 2, p50: 500, p99: 800 },
    10: { rps: 15, p50: 650, p99: 1500 },
    50: { rps: 18, p50: 2500, p99: 6000 },
    100: { rps: 19, p50: 5000, p99: 12000 },
  },
};
