import type { Machine } from "../../harness/machine.ts";
import type { CellResult } from "./measure.ts";
import type { BenchPlan } from "./plan.ts";

/** The file of a result: every printed number can be computed from it again. */
export interface BenchResult {
  format: 1;
  at: string;
  machine: Machine;
  plan: BenchPlan;
  targets: { name: string; version: string; peak_rss_bytes: number | null }[];
  /** Peers, or single forms of answer of a peer, that could not be measured, with the reason. */
  missing: { name: string; error: string }[];
  cells: CellResult[];
}
