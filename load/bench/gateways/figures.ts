import { ratio, type Spread, spread } from "../../harness/numbers.ts";
import { type Form, isStream } from "../targets/target.ts";
import type { CellResult, Slice } from "./measure.ts";

/** A figure of a target in one round. */
export interface Figure {
  name: string;
  better: "higher" | "lower";
  /** From the target's slice and that of the provider alone; null where it was not measured. */
  of(slice: Slice, direct: Slice): number | null;
}

/** A figure over all rounds. */
export interface FigureSpread {
  value: Spread | null;
  /** Divided by the bare proxy's figure in the same round. */
  ratio: Spread | null;
}

/** The target whose figures are the unit of the ratios. */
export const UNIT = "bare proxy";
/** The provider alone; its latency is subtracted from that of the other targets. */
export const DIRECT = "direct";
/** The smallest added latency to divide by, milliseconds: less is within measuring error. */
const LEAST_ADDED_MS = 0.02;

const added = (key: "p50_ms" | "p99_ms" | "ttft_p50_ms" | "ttft_p99_ms") => (slice: Slice, direct: Slice) => {
  const [total, alone] = [slice[key], direct[key]];
  return total === null || alone === null ? null : total - alone;
};

const THROUGHPUT: Figure = { name: "rps", better: "higher", of: (slice) => slice.rps };
const CPU: Figure = { name: "CPU ms", better: "lower", of: (slice) => slice.cpu_ms };

/** The figures of a form of answer, in the order of the tables. */
export function figuresOf(form: Form): Figure[] {
  const latency: Figure[] = [
    { name: "+p50 ms", better: "lower", of: added("p50_ms") },
    { name: "+p99 ms", better: "lower", of: added("p99_ms") },
  ];
  const ttft: Figure[] = [
    { name: "+TTFT p50 ms", better: "lower", of: added("ttft_p50_ms") },
    { name: "+TTFT p99 ms", better: "lower", of: added("ttft_p99_ms") },
  ];
  return [THROUGHPUT, ...(isStream(form) ? ttft : latency), CPU];
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
