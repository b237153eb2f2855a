import type { Machine } from "../../harness/machine.ts";
import type { CellResult } from "./measure.ts";
import type { Plan } from "./plan.ts";

/** All that a bench wrote down: enough to compute every printed number again, and to compare two commits. */
export interface BenchResult {
  format: 1;
  at: string;
  machine: Machine;
  plan: Plan;
  targets: { name: string; version: string; peak_rss_bytes: number | null }[];
  /** Peers, or forms of answer of theirs, that could not be measured, with the reason. */
  missing: { name: string; error: string }[];
  cells: CellResult[];
}
