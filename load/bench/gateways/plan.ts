/** One condition under which every target is measured. */
export interface Cell {
  form: "whole" | "stream";
  /** The provider's time before its headers (whole) or its first token (stream), milliseconds. */
  delay_ms: number;
  connections: number;
}

/** What a bench does: every cell × every target once a round, so that rounds interleave the targets. */
export interface Plan {
  cells: Cell[];
  rounds: number;
  /** Of one target in one cell in one round. */
  slice_ms: number;
}

/** The whole bench: both delays at all connections, and streams at two loads. */
export const FULL: Plan = {
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

/** About twenty seconds of measuring without peers: a look, not a result. */
export const QUICK: Plan = {
  cells: [
    { form: "whole", delay_ms: 0, connections: 32 },
    { form: "stream", delay_ms: 0, connections: 32 },
  ],
  rounds: 3,
  slice_ms: 1_000,
};

/** How a cell is called in tables and files. */
export function cellName({ form, delay_ms, connections }: Cell): string {
  const many = connections === 1 ? "1 connection" : `${connections} connections`;
  return `${form} answers · provider ${delay_ms} ms · ${many}`;
}
