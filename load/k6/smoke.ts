/** Ten seconds of all prompts. It fails on a wrong answer, but not on a slow one. */
import exec from "k6/execution";
import type { Options } from "k6/options";
import { TREND_STATS } from "./lib/summary.ts";
import { beginRun, execute } from "./lib/target.ts";
import { COMPLEXITIES, jobAt, type Run } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

export const options: Options = {
  scenarios: { smoke: { executor: "constant-vus", vus: 6, duration: "10s", gracefulStop: "10s" } },
  summaryTrendStats: TREND_STATS,
  thresholds: { checks: ["rate==1"], http_req_failed: ["rate==0"], iterations: ["count>0"] },
};

export const setup = beginRun;

export default function (run: Run): void {
  const n = exec.scenario.iterationInTest;
  execute(jobAt(run, COMPLEXITIES[n % COMPLEXITIES.length] ?? "simple", n), {});
}
