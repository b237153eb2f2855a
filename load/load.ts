/**
 * `npm run load`: loads the runtime with k6. Without BASE_URL it serves the production bundle on
 * this machine in front of a simulated provider. With BASE_URL and API_KEY it loads that server,
 * whose providers are real and cost real money. Prints the source's table and writes load.json and
 * report.html. Flags: `--full` (300 s a step), `--smoke` (ten seconds, fails on wrong answers
 * only),
 * `--only matrix,spike,soak,stream,overload`, `--out DIR`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withLocalStack } from "./harness/local-stack.ts";
import { describeMachine } from "./harness/machine.ts";
import { renderReport } from "./report/page.ts";
import { findK6, type K6, K6_MISSING } from "./runner/find-k6.ts";
import { printLoad } from "./runner/print.ts";
import type { LoadResult } from "./runner/result.ts";
import { runK6 } from "./runner/run-k6.ts";
import { pacingEnv, planLoad, type ScenarioPlan, SIMULATED_MS } from "./runner/scenarios.ts";

interface LoadRun {
  plans: ScenarioPlan[];
  k6: K6;
  out: string;
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      full: { type: "boolean", default: false },
      smoke: { type: "boolean", default: false },
      only: { type: "string" },
      out: { type: "string", default: "dist/load" },
    },
  });
  const plans = planLoad(flags.smoke ? "smoke" : flags.full ? "full" : "short", flags.only?.split(","));
  const load: LoadRun = { plans, k6: await findK6(), out: flags.out };
  mkdirSync(flags.out, { recursive: true });
  const url = process.env["BASE_URL"];
  const result = url === undefined ? await loadLocalStack(load) : await loadServer(load, url);
  writeFileSync(join(flags.out, "load.json"), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(flags.out, "report.html"), renderReport(result));
  console.log(`${printLoad(result)}\n\nwritten to ${flags.out}: load.json, report.html`);
  process.exitCode = result.scenarios.some(({ failed }) => failed.length > 0) ? 1 : 0;
}

async function loadLocalStack(load: LoadRun): Promise<LoadResult> {
  return withLocalStack({}, async ({ edge }) => {
    const env = { BASE_URL: edge.url, API_KEY: edge.key, ...pacingEnv() };
    const target = "the production bundle on this machine";
    return { ...(await runScenarios(load, env, edge.pid)), target, simulated_ms: SIMULATED_MS };
  });
}

async function loadServer(load: LoadRun, url: string): Promise<LoadResult> {
  if (process.env["API_KEY"] === undefined)
    throw new Error("BASE_URL is set, but API_KEY is not: a key with prompts:write and executions:write");
  console.error(`loading ${url}: its providers are real, and every answer that is not cached costs money`);
  return { ...(await runScenarios(load, {}, null)), target: url, simulated_ms: null };
}

async function runScenarios({ plans, k6, out }: LoadRun, env: Record<string, string>, serverPid: number | null) {
  const scenarios: LoadResult["scenarios"] = [];
  const skipped: LoadResult["skipped"] = [];
  for (const plan of plans) {
    if (plan.name === "stream" && !k6.streams) {
      skipped.push({ name: plan.name, reason: `this k6 has no k6/x/sse. ${K6_MISSING}` });
      continue;
    }
    console.error(`k6: ${plan.name}`);
    scenarios.push(await runK6(k6, plan, { env, serverPid, out }));
  }
  return { format: 1 as const, at: new Date().toISOString(), machine: describeMachine(), scenarios, skipped };
}

await main();
