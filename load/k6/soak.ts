/** A long steady load, which shows drifting latency and growing memory. SOAK_SECONDS long. */
import exec from "k6/execution";
import type { Options } from "k6/options";
import { TREND_STATS } from "./lib/summary.ts";
import { beginRun, execute } from "./lib/target.ts";
import { slotNames, timelineThresholds } from "./lib/thresholds.ts";
import { jobAt } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

const SECONDS = Number(__ENV["SOAK_SECONDS"] ?? 30);
const SLOTS = slotNames(30);
const PHASES = ["first", "middle", "last"];

export const options: Options = {
  scenarios: { soak: { executor: "constant-vus", vus: 10, duration: `${SECONDS}s`, gracefulStop: "5s" } },
  summaryTrendStats: TREND_STATS,
  thresholds: timelineThresholds(PHASES, SLOTS.length),
};

export const setup = beginRun;

export default function (run: ReturnType<typeof beginRun>): void {
  const done = Math.min(0.999, (Date.now() - run.startedAt) / 1000 / SECONDS);
  const phase = PHASES[Math.floor(done * PHASES.length)] ?? "last";
  const slot = SLOTS[Math.floor(done * SLOTS.length)] ?? "00";
  execute(jobAt(run, "moderate", exec.scenario.iterationInTest), { phase, slot });
}
