import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { usageOf } from "../../scripts/process-usage.ts";
import type { K6Summary } from "../k6/lib/summary.ts";
import type { K6 } from "./find-k6.ts";
import type { ScenarioPlan } from "./scenarios.ts";

/** The result of one script. */
export interface ScenarioResult {
  name: ScenarioPlan["name"];
  env: Record<string, string>;
  metrics: K6Summary["metrics"];
  /** Thresholds that were not met, `metric: expression`. */
  failed: string[];
  /** Resident memory of the serving processes, bytes by second; empty where unreadable. */
  memory: { second: number; bytes: number }[];
}

/** k6's exit code for thresholds that were not met (k6 documentation, "Exit codes"). */
const THRESHOLDS_FAILED = 99;
const LOG_TAIL = 2_000;

/**
 * Runs one script against a server and reads the memory of `serverPid` every second. k6's output
 * goes to a log file; its end is in the error that is thrown where k6 itself failed.
 */
export async function runK6(
  k6: K6,
  plan: ScenarioPlan,
  target: { env: Record<string, string>; serverPid: number | null; out: string },
): Promise<ScenarioResult> {
  const summary = join(target.out, `${plan.name}.json`);
  const logFile = join(target.out, `${plan.name}.log`);
  const log = createWriteStream(logFile);
  const child = spawn(k6.path, ["run", "--quiet", "--no-usage-report", "--address", "", `load/k6/${plan.name}.ts`], {
    env: { ...process.env, ...target.env, ...plan.env, SUMMARY: summary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const memory: ScenarioResult["memory"] = [];
  const began = performance.now();
  const watch = setInterval(() => {
    const usage = target.serverPid === null ? null : usageOf(target.serverPid);
    if (usage) memory.push({ second: Math.round((performance.now() - began) / 1000), bytes: usage.rssBytes });
  }, 1_000);
  const [code] = (await once(child, "exit")) as [number | null];
  clearInterval(watch);
  process.off("exit", end);
  log.end();
  await once(log, "close");
  if ((code !== 0 && code !== THRESHOLDS_FAILED) || !existsSync(summary)) {
    throw new Error(`k6 ended with ${code} in ${plan.name}:\n${readFileSync(logFile, "utf8").slice(-LOG_TAIL)}`);
  }
  const { metrics } = JSON.parse(readFileSync(summary, "utf8")) as K6Summary;
  return { name: plan.name, env: plan.env, metrics, failed: failedThresholds(metrics), memory };
}

/** The thresholds that were not met. */
export function failedThresholds(metrics: K6Summary["metrics"]): string[] {
  return Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds).flatMap(([expression, { ok }]) => (ok ? [] : [`${name}: ${expression}`])),
  );
}
