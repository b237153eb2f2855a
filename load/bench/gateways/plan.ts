import type { Form } from "../targets/target.ts";

/** The speed of a paced stream. */
export const PACE_TOKENS_PER_S = 100;

/** One condition under which every target is measured. */
export interface Cell {
  form: Form;
  /** The provider's time before its headers (whole) or its first token (stream), milliseconds. */
  delay_ms: number;
  connections: number;
}

/** What to measure: every target in every cell, once a round. */
export interface BenchPlan {
  cells: Cell[];
  rounds: number;
  /** The time of one target in one cell in one round. */
  slice_ms: number;
}

/** Two provider delays, each with several numbers of connections, for both forms of answer. */
export const FULL: BenchPlan = {
  cells: [
    ...[0, 100].flatMap((delay_ms) =>
      [1, 32, 128].map((connections) => ({ form: "whole" as const, delay_ms, connections })),
    ),
    ...[0, 100].flatMap((delay_ms) =>
      [1, 32].map((connections) => ({ form: "stream" as const, delay_ms, connections })),
    ),
  ],
  rounds: 5,
  slice_ms: 2_000,
};

/** About twenty seconds without peers, to see that the numbers are in their usual range. */
export const QUICK: BenchPlan = {
  cells: [
    { form: "whole", delay_ms: 0, connections: 32 },
    { form: "stream", delay_ms: 0, connections: 32 },
  ],
  rounds: 3,
  slice_ms: 1_000,
};

const NAMES: Record<Form, string> = {
  whole: "whole answers",
  stream: "stream answers",
  paced: `streams of ${PACE_TOKENS_PER_S} tokens/s`,
  hit: "hits in memory",
  miss: "misses that are stored",
};

/** The name of a cell in tables, in `--only`, and when results are compared. */
export function cellName({ form, delay_ms, connections }: Cell): string {
  const many = connections === 1 ? "1 connection" : `${connections} connections`;
  return `${NAMES[form]} · provider ${delay_ms} ms · ${many}`;
}
