/**
 * `npm run bench -- profile`: where the CPU of an execution goes. Profiles the runtime through the
 * engine's inspector while it executes a prompt. Prints self time by function and by module, the
 * time of the engine's other isolates, and the `server-timing` phases. Chrome's and VS Code's tools
 * open the raw profile.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { publishPrompt } from "../../../scripts/tenant.ts";
import { runClosedLoop } from "../../harness/closed-loop.ts";
import type { EdgeProcess } from "../../harness/edge.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { phaseTimes } from "./phases.ts";
import { printProfile, type ProfileFindings } from "./print.ts";
import { type IsolateProfile, recordProfiles } from "./record.ts";
import { type CpuProfile, selfTimes } from "./self-time.ts";
import { sourceLocator } from "./source-location.ts";

/** With `hits` every execution has the same input, so that answers come from the memory tier. */
export const FLAGS = {
  seconds: { type: "string", default: "5" },
  connections: { type: "string", default: "8" },
  stream: { type: "boolean", default: false },
  hits: { type: "boolean", default: false },
  top: { type: "string", default: "20" },
  out: { type: "string", default: "dist/profile" },
} as const satisfies ParseArgsOptionsConfig;

type Flags = ReturnType<typeof readFlags>;

/** The engine's name for the isolate of the runtime. */
const RUNTIME = "core:user:pbt-edge";
const WARM_UP_MS = 2_000;

/** Profiles executions and writes the raw profile to a folder. It has no checks. */
export async function run(args: string[]): Promise<boolean> {
  const flags = readFlags(args);
  const { findings, profile } = await withLocalStack({ inspect: true, minify: false }, ({ edge }) =>
    profileExecutions(edge, flags),
  );
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(join(flags.out, "execution.cpuprofile"), JSON.stringify(profile));
  const { executions, process_cpu_ms, isolates, phases } = findings;
  const summary = { executions, process_cpu_ms, busy_us: findings.times.busyUs, isolates, phases };
  writeFileSync(join(flags.out, "profile.json"), `${JSON.stringify(summary, null, 1)}\n`);
  console.log(`${printProfile(findings, Number(flags.top))}\n\nwritten to ${flags.out}`);
  return true;
}

function readFlags(args: string[]) {
  return parseArgs({ args, options: FLAGS }).values;
}

interface ProfiledLoad {
  executions: number;
  seconds: number;
  /** CPU time of all serving processes; null where it cannot be read. */
  cpuMs: number | null;
  /** The `server-timing` header of every answer. */
  serverTimings: string[];
}

async function profileExecutions(edge: EdgeProcess, flags: Flags) {
  const prompt = await publishPrompt(edge.url, edge.key, "examples/ticket-triage.prompt.yaml");
  const [, inspectorUrl = ""] = /inspector on (\S+)/.exec(edge.output()) ?? [];
  await execute(edge, prompt, WARM_UP_MS, flags);
  let load: ProfiledLoad = { executions: 0, seconds: 0, cpuMs: null, serverTimings: [] };
  const profiles = await recordProfiles(inspectorUrl, async () => {
    load = await execute(edge, prompt, Number(flags.seconds) * 1000, flags);
  });
  const profile = profiles.find(({ id }) => id === RUNTIME)?.profile;
  if (!profile) throw new Error(`the engine gave no profile of ${RUNTIME}: ${profiles.map(({ id }) => id).join(", ")}`);
  return { profile, findings: findingsOf(profile, profiles, load) };
}

function findingsOf(profile: CpuProfile, profiles: IsolateProfile[], load: ProfiledLoad): ProfileFindings {
  const busyMs = (isolate: IsolateProfile) =>
    isolate.profile === null ? null : selfTimes(isolate.profile).busyUs / 1000 / load.executions;
  return {
    executions: load.executions,
    seconds: load.seconds,
    process_cpu_ms: load.cpuMs === null ? null : load.cpuMs / load.executions,
    times: selfTimes(profile),
    locate: sourceLocator(readFileSync("dist/worker/index.js.map", "utf8")),
    isolates: profiles
      .map((isolate) => ({ id: isolate.id, busy_ms: busyMs(isolate) }))
      .toSorted((a, b) => (b.busy_ms ?? 0) - (a.busy_ms ?? 0)),
    phases: phaseTimes(load.serverTimings),
  };
}

/** Executes the prompt for some time. Throws where an answer is wrong: its profile is worthless. */
async function execute(edge: EdgeProcess, prompt: string, durationMs: number, flags: Flags): Promise<ProfiledLoad> {
  const serverTimings: string[] = [];
  const before = usageOf(edge.pid);
  const { requests, failed, failure, elapsedMs } = await runClosedLoop({
    url: edge.url,
    connections: Number(flags.connections),
    durationMs,
    request: (n) => ({
      path: "/v1/executions",
      headers: { authorization: `Bearer ${edge.key}`, "content-type": "application/json" },
      body: JSON.stringify({
        prompt,
        variables: {
          product: "Acme CRM",
          body: `Ticket ${flags.hits ? 0 : `${n} of ${durationMs}`}: I was charged twice.`,
        },
        stream: flags.stream,
      }),
    }),
    answer: flags.stream ? /event: done/ : /"status":"succeeded"/,
    onHeaders: (headers) => serverTimings.push(String(headers["server-timing"] ?? "")),
  });
  const after = usageOf(edge.pid);
  if (failed > 0) throw new Error(`${failed} of ${requests} executions failed: ${failure}`);
  const cpuMs = before && after ? after.cpuMs - before.cpuMs : null;
  return { executions: requests, seconds: elapsedMs / 1000, cpuMs, serverTimings };
}
