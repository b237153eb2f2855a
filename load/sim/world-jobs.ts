import type { ScalePlan } from "./scale-plan.ts";
import { type RecordFigures, simulateRecords } from "./simulate-records.ts";
import { type ScaleFigures, simulateScale } from "./simulate-scale.ts";

/** A world to simulate, in a process that does nothing else meanwhile. */
export interface WorldJob {
  kind: "scale" | "records";
  plan: ScalePlan;
  seed: number;
}

/** A simulated world, and how long it took. */
export type FinishedJob =
  | { kind: "scale"; figures: ScaleFigures; wall_s: number }
  | { kind: "records"; figures: RecordFigures; wall_s: number };

/** Simulates a world. */
export async function runJob({ kind, plan, seed }: WorldJob): Promise<FinishedJob> {
  const began = performance.now();
  const wall = () => (performance.now() - began) / 1_000;
  if (kind === "scale") return { kind, figures: await simulateScale(plan, seed), wall_s: wall() };
  return { kind, figures: await simulateRecords(plan, seed), wall_s: wall() };
}
