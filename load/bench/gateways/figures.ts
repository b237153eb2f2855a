import { ratio, type Spread, spread } from "../../harness/numbers.ts";
import type { CellResult, Slice } from "./measure.ts";

/** A figure of a target, taken from its slice and, for what it adds, the slice of the provider alone in the same round. */
export interface Figure {
  name: string;
  better: "higher" | "lower";
  /** Null where it was not measured. */
  of(slice: Slice, direct: Slice): number | null;
}

/** A figure over the rounds: as measured, and in units of the bare proxy's in the same round. */
export interface FigureSpread {
  value: Spread | null;
  ratio: Spread | null;
}

/** The target whose figures are the unit of the ratios. */
export const UNIT = "bare proxy";
/** The target that the others' latency is compared with. */
export const DIRECT = "direct";
/** Less added latency than this is not told from none, so nothing is divided by it. Milliseconds. */
const LEAST_ADDED_MS = 0.02;

const added = (key: "p50_ms" | "p99_ms" | "ttft_p50_ms" | "ttft_p99_ms") => (slice: Slice, direct: Slice) => {
  const [with_, without] = [slice[key], direct[key]];
  return with_ === null || without === null ? null : with_ - without;
};

const THROUGHPUT: Figure = { name: "rps", better: "higher", of: (slice) => slice.rps };
const CPU: Figure = { name: "CPU ms", better: "lower", of: (slice) => slice.cpu_ms };

/** The figures of a form of answer, in the order of the tables. */
export function figuresOf(form: "whole" | "stream"): Figure[] {
  const latency: Figure[] = [
    { name: "+p50 ms", better: "lower", of: added("p50_ms") },
    { name: "+p99 ms", better: "lower", of: added("p99_ms") },
  ];
  const ttft: Figure[] = [
    { name: "+TTFT p50 ms", better: "lower", of: added("ttft_p50_ms") },
    { name: "+TTFT p99 ms", better: "lower", of: added("ttft_p99_ms") },
  ];
  return [THROUGHPUT, ...(form === "stream" ? ttft : latency), CPU];
}

/** A figure of one target over the rounds of a cell. */
export function figureSpread({ rounds }: CellResult, target: string, figure: Figure): FigureSpread {
  const values: (number | null)[] = [];
  const ratios: (number | null)[] = [];
  for (const round of rounds) {
    const [slice, direct, unit] = [round[target], round[DIRECT], round[UNIT]];
    const value = slice && direct ? figure.of(slice, direct) : null;
    const base = unit && direct ? figure.of(unit, direct) : null;
    values.push(value);
    ratios.push(ratio(value, base !== null && base >= LEAST_ADDED_MS ? base : null));
  }
  return { value: spread(values), ratio: spread(ratios) };
}
