import type { ScalePlan } from "./scale-plan.ts";
import { type FailoverFigures, simulateFailover } from "./simulate-failover.ts";
import { type RecordFigures, simulateRecords } from "./simulate-records.ts";
import { type ScaleFigures, simulateScale } from "./simulate-scale.ts";

/** A world to simulate, in a process that does nothing else meanwhile. */
export interface WorldJob {
  kind: "scale" | "records" | "failover";
  plan: ScalePlan;
  seed: number;
}

/** A simulated world, and how long it took. */
export type FinishedJob =
  | ({ kind: "scale"; figures: ScaleFigures } & Taken)
  | ({ kind: "records"; figures: RecordFigures } & Taken)
  | ({ kind: "failover"; figures: FailoverFigures } & Taken);

/** What a world took here: seconds of the clock, and of a core. */
export interface Taken {
  wall_s: number;
  cpu_s: number;
}

/** Simulates a world. */
export async function runJob({ kind, plan, seed }: WorldJob): Promise<FinishedJob> {
  const began = performance.now();
  const used = process.cpuUsage();
  const taken = () => {
    const { user, system } = process.cpuUsage(used);
    return { wall_s: (performance.now() - began) / 1_000, cpu_s: (user + system) / 1e6 };
  };
  if (kind === "scale") return { kind, figures: await simulateScale(plan, seed), ...taken() };
  if (kind === "records") return { kind, figures: await simulateRecords(plan, seed), ...taken() };
  return { kind, figures: await simulateFailover(plan, seed), ...taken() };
}
