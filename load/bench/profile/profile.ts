/**
 * `npm run profile`: where the CPU of an execution goes. Profiles the runtime through the engine's inspector while it executes a prompt, and prints
 * self time by function and module, the engine's other isolates, and the `server-timing` phases. The raw profile opens in Chrome's and VS Code's tools.
 * Flags: `--seconds 5`, `--connections 8`, `--stream`, `--hits` (answers from memory), `--top 20`, `--out DIR`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { publishPrompt } from "../../../scripts/tenant.ts";
import { usageOf } from "../../../scripts/process-usage.ts";
import { drive } from "../../harness/generator.ts";
import { type EdgeProcess, startEdge } from "../../harness/edge.ts";
import { startMock } from "../../harness/mock.ts";
import { phaseTimes } from "./phases.ts";
import { printProfile, type ProfileFindings } from "./print.ts";
import { type IsolateProfile, recordProfiles } from "./record.ts";
import { type CpuProfile, selfTimes } from "./self-time.ts";
import { sourceLocator } from "./source-location.ts";

const RUNTIME = "core:user:pbt-edge";
const WARM_UP_MS = 2_000;

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "8" },
    stream: { type: "boolean", default: false },
    hits: { type: "boolean", default: false },
    top: { type: "string", default: "20" },
    out: { type: "string", default: "dist/profile" },
  },
});

const mock = await startMock();
try {
  const edge = await startEdge(mock, { inspect: true, minify: false });
  try {
    const { findings, profile } = await profileExecutions(edge);
    mkdirSync(flags.out, { recursive: true });
    writeFileSync(join(flags.out, "execution.cpuprofile"), JSON.stringify(profile));
    const { executions, process_cpu_ms, isolates, phases } = findings;
    const summary = { executions, process_cpu_ms, busy_us: findings.times.busyUs, isolates, phases };
    writeFileSync(join(flags.out, "profile.json"), `${JSON.stringify(summary, null, 1)}\n`);
    console.log(`${printProfile(findings, Number(flags.top))}\n\nwritten to ${flags.out}`);
  } finally {
    await edge.stop();
  }
} finally {
  await mock.stop();
}

async function profileExecutions(edge: EdgeProcess): Promise<{ findings: ProfileFindings; profile: CpuProfile }> {
  const prompt = await publishPrompt(edge.url, edge.key, "examples/ticket-triage.prompt.yaml");
  const [, inspectorUrl = ""] = /inspector on (\S+)/.exec(edge.output()) ?? [];
  await execute(edge, prompt, WARM_UP_MS);
  let driven = { executions: 0, seconds: 0, cpuMs: null as number | null, headers: [] as string[] };
  const profiles = await recordProfiles(inspectorUrl, async () => {
    driven = await execute(edge, prompt, Number(flags.seconds) * 1000);
  });
  const profile = profiles.find(({ id }) => id === RUNTIME)?.profile;
  if (!profile) throw new Error(`the engine gave no profile of ${RUNTIME}: ${profiles.map(({ id }) => id).join(", ")}`);
  const perExecution = ({ profile }: IsolateProfile) =>
    profile === null ? null : selfTimes(profile).busyUs / 1000 / driven.executions;
  return {
    profile,
    findings: {
      executions: driven.executions,
      seconds: driven.seconds,
      process_cpu_ms: driven.cpuMs === null ? null : driven.cpuMs / driven.executions,
      times: selfTimes(profile),
      locate: sourceLocator(readFileSync("dist/worker/index.js.map", "utf8")),
      isolates: profiles
        .map((isolate) => ({ id: isolate.id, busy_ms: perExecution(isolate) }))
        .toSorted((a, b) => (b.busy_ms ?? 0) - (a.busy_ms ?? 0)),
      phases: phaseTimes(driven.headers),
    },
  };
}

/** Executes the prompt, with an input of its own each time or always the same. Throws where an answer was wrong: a profile of failures says nothing. */
async function execute(edge: EdgeProcess, prompt: string, durationMs: number) {
  const headers: string[] = [];
  const before = usageOf(edge.pid);
  const driven = await drive({
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
    onHeaders: (received) => headers.push(String(received["server-timing"] ?? "")),
  });
  const after = usageOf(edge.pid);
  if (driven.failed > 0) throw new Error(`${driven.failed} of ${driven.requests} executions failed: ${driven.failure}`);
  const cpuMs = before && after ? after.cpuMs - before.cpuMs : null;
  return { executions: driven.requests, seconds: driven.elapsedMs / 1000, cpuMs, headers };
}
