/**
 * A steady rate, then far more than the server can do, then the steady rate again. The server may
 * refuse requests with `Retry-After`, but must not hang, and must recover. Open loop: requests are
 * sent whether or not earlier ones were answered, up to a limit of waiting requests. OVERLOAD_RATE
 * is the offered rate.
 */
import exec from "k6/execution";
import type { Options, Scenario } from "k6/options";
import { TREND_STATS } from "./lib/summary.ts";
import { beginRun, executeUnderPressure } from "./lib/target.ts";
import { IN_TIME, slotNames, timelineThresholds } from "./lib/thresholds.ts";
import { jobAt, type Run } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

const STEADY_RATE = Number(__ENV["STEADY_RATE"] ?? 20);
const OVERLOAD_RATE = Number(__ENV["OVERLOAD_RATE"] ?? 600);
/** The largest number of requests that wait for their answers. */
const MOST_WAITING = 300;
/** Seconds of the phases; DRAIN is a pause in which waiting requests are answered. */
const [BEFORE, OVER, DRAIN, AFTER] = [6, 10, 6, 8];
const SLOTS = slotNames(BEFORE + OVER + DRAIN + AFTER);

const steady = (startTime: number, duration: number): Scenario => ({
  executor: "constant-arrival-rate",
  rate: STEADY_RATE,
  timeUnit: "1s",
  duration: `${duration}s`,
  startTime: `${startTime}s`,
  preAllocatedVUs: STEADY_RATE,
  maxVUs: MOST_WAITING,
  gracefulStop: "10s",
});

export const options: Options = {
  scenarios: {
    before: steady(0, BEFORE),
    over: { ...steady(BEFORE, OVER), rate: OVERLOAD_RATE, preAllocatedVUs: MOST_WAITING } as Scenario,
    after: steady(BEFORE + OVER + DRAIN, AFTER),
  },
  summaryTrendStats: TREND_STATS,
  thresholds: {
    ...timelineThresholds(["before", "over", "after"], SLOTS.length),
    "checks{phase:after}": ["rate>0.99"],
    "http_req_duration{phase:after}": [IN_TIME, "p(50)<5000"],
  },
};

export const setup = beginRun;

export default function (run: Run & { startedAt: number }): void {
  const phase = exec.scenario.name;
  const slot = SLOTS[Math.min(SLOTS.length - 1, Math.floor((Date.now() - run.startedAt) / 1000))] ?? "00";
  const own = { ...run, id: `${run.id}-${phase}` };
  executeUnderPressure(jobAt(own, "simple", exec.scenario.iterationInTest), { phase, slot });
}
