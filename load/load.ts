/**
 * `npm run load`: k6 against the edge. Without BASE_URL it serves the production bundle on this machine before a simulated provider; with BASE_URL and
 * API_KEY it loads that server instead (its providers are real, and cost real money). Prints the source's table, writes load.json and report.html.
 * Flags: `--full` (300 s a step), `--smoke` (ten seconds, fails on wrong answers alone), `--only matrix,spike,soak,stream,overload`, `--out DIR`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEdge } from "./harness/edge.ts";
import { describeMachine } from "./harness/machine.ts";
import { startMock } from "./harness/mock.ts";
import { renderReport } from "./report/page.ts";
import { findK6, K6_MISSING } from "./runner/find-k6.ts";
import { printLoad } from "./runner/print.ts";
import type { LoadResult } from "./runner/result.ts";
import { runK6 } from "./runner/run-k6.ts";
import { pacingEnv, planLoad, SIMULATED_MS } from "./runner/scenarios.ts";

const { values: flags } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    only: { type: "string" },
    out: { type: "string", default: "dist/load" },
  },
});

const plans = planLoad(flags.smoke ? "smoke" : flags.full ? "full" : "short", flags.only?.split(","));
const k6 = await findK6();
mkdirSync(flags.out, { recursive: true });
const result = process.env["BASE_URL"] === undefined ? await loadHere() : await loadThere(process.env["BASE_URL"]);
writeFileSync(join(flags.out, "load.json"), `${JSON.stringify(result, null, 1)}\n`);
writeFileSync(join(flags.out, "report.html"), renderReport(result));
console.log(`${printLoad(result)}\n\nwritten to ${flags.out}: load.json, report.html`);
process.exitCode = result.scenarios.some(({ failed }) => failed.length > 0) ? 1 : 0;

async function loadHere(): Promise<LoadResult> {
  const mock = await startMock();
  try {
    const edge = await startEdge(mock);
    try {
      const env = { BASE_URL: edge.url, API_KEY: edge.key, ...pacingEnv() };
      return {
        ...(await run(env, edge.pid)),
        target: "the production bundle on this machine",
        simulated_ms: SIMULATED_MS,
      };
    } finally {
      await edge.stop();
    }
  } finally {
    await mock.stop();
  }
}

async function loadThere(url: string): Promise<LoadResult> {
  if (process.env["API_KEY"] === undefined)
    throw new Error("BASE_URL is set, but API_KEY is not: a key with prompts:write and executions:write");
  console.error(`loading ${url}: its providers are real, and every answer that is not cached costs money`);
  return { ...(await run({}, null)), target: url, simulated_ms: null };
}

async function run(env: Record<string, string>, serverPid: number | null) {
  const scenarios: LoadResult["scenarios"] = [];
  const skipped: LoadResult["skipped"] = [];
  for (const plan of plans) {
    if (plan.name === "stream" && !k6.streams) {
      skipped.push({ name: plan.name, reason: `this k6 has no k6/x/sse. ${K6_MISSING}` });
      continue;
    }
    console.error(`k6: ${plan.name}`);
    scenarios.push(await runK6(k6, plan, { env, serverPid, out: flags.out }));
  }
  return { format: 1 as const, at: new Date().toISOString(), machine: describeMachine(), scenarios, skipped };
}
