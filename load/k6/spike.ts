/** One user, then a hundred within two seconds, then one again. SPIKE_SCALE lengthens it. */
import exec from "k6/execution";
import type { Options } from "k6/options";
import { TREND_STATS } from "./lib/summary.ts";
import { beginRun, execute } from "./lib/target.ts";
import { slotNames, timelineThresholds } from "./lib/thresholds.ts";
import { jobAt } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

const SCALE = Number(__ENV["SPIKE_SCALE"] ?? 1);
const PEAK = 100;
/** Seconds of the phases. */
const [BEFORE, RISE, HOLD, FALL, AFTER] = [5 * SCALE, 2, 10 * SCALE, 2, 6 * SCALE];
const TOTAL = BEFORE + RISE + HOLD + FALL + AFTER;
const SLOTS = slotNames(25);

export const options: Options = {
  scenarios: {
    spike: {
      executor: "ramping-vus",
      startVUs: 1,
      stages: [
        { duration: `${BEFORE}s`, target: 1 },
        { duration: `${RISE}s`, target: PEAK },
        { duration: `${HOLD}s`, target: PEAK },
        { duration: `${FALL}s`, target: 1 },
        { duration: `${AFTER}s`, target: 1 },
      ],
      gracefulRampDown: "5s",
    },
  },
  summaryTrendStats: TREND_STATS,
  thresholds: timelineThresholds(["before", "during", "after"], SLOTS.length),
};

export const setup = beginRun;

export default function (run: ReturnType<typeof beginRun>): void {
  const seconds = (Date.now() - run.startedAt) / 1000;
  const phase = seconds < BEFORE ? "before" : seconds < TOTAL - AFTER ? "during" : "after";
  const slot = SLOTS[Math.min(SLOTS.length - 1, Math.floor((seconds / TOTAL) * SLOTS.length))] ?? "00";
  execute(jobAt(run, "simple", exec.scenario.iterationInTest), { phase, slot });
}
