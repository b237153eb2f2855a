/**
 * `npm run size`: builds the Worker as a deployment would, and prints its compressed size and the processor time of its start-up on this machine.
 * Fails over 1 MiB; the time is told, not judged.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleWorker } from "./bundle.ts";
import { descendantsOf, usageOf } from "./process-usage.ts";

const LIMIT = 1024 * 1024;
const RUNS = 5;
const EMPTY = "export default { fetch: () => new Response() }";
const SECRETS = {
  PBT_ENV: "dev",
  PBT_ROOT_KEY: "start-up-measurement",
  KEY_PEPPER: "start-up-measurement",
  KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64"),
};

const bytes = readFileSync(await bundleWorker({ minify: true }));
const gzipped = gzipSync(bytes, { level: 9 }).length;
console.log(`bundle: ${kib(bytes.length)} KiB, ${kib(gzipped)} KiB gzip (at most ${kib(LIMIT)})`);
if (process.platform === "linux") console.log(await startUp(bytes.toString()));
process.exitCode = gzipped > LIMIT ? 1 : 0;

function kib(size: number): string {
  return (size / 1024).toFixed(0);
}

/** What coming up and answering /health costs the engine beyond an empty Worker, over pairs of runs. */
async function startUp(source: string): Promise<string> {
  const extras: number[] = [];
  process.env["WRANGLER_LOG"] ??= "error";
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const { bindings, d1Databases, kvNamespaces, durableObjects } = workerOptions as Record<string, object>;
  const runtime = { bindings: { ...bindings, ...SECRETS }, d1Databases, kvNamespaces, durableObjects };
  for (let run = 0; run < RUNS; run++) extras.push((await bootCpuMs(source, runtime)) - (await bootCpuMs(EMPTY)));
  const [min, median, max] = [0, RUNS >> 1, RUNS - 1].map((at) => extras.toSorted((a, b) => a - b)[at]);
  return `start-up and /health: ${median} ms of CPU over an empty Worker (${min} to ${max} in ${RUNS} runs; target 400)`;
}

async function bootCpuMs(contents: string, bound: object = {}): Promise<number> {
  const options = convertV4MiniflareOptions({
    cf: false,
    workers: [
      {
        name: "measured",
        compatibilityDate: "2026-10-22",
        compatibilityFlags: ["nodejs_compat"],
        ...bound,
        modules: [{ type: "ESModule", path: "index.js", contents }],
      },
    ],
  });
  const before = new Set(descendantsOf(process.pid));
  const miniflare = new Miniflare(options);
  try {
    const response = await miniflare.dispatchFetch("http://measured/health");
    if (!response.ok) throw new Error(`/health answered ${response.status}`);
    const engine = descendantsOf(process.pid).filter((pid) => !before.has(pid));
    return engine.reduce((sum, pid) => sum + (usageOf(pid)?.cpuMs ?? 0), 0);
  } finally {
    await miniflare.dispose();
  }
}
