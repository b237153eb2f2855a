/**
 * `npm run size`: builds the Worker like a deployment and prints its compressed size and the CPU
 * time of its start-up on this machine. Fails over the limit. The time varies with the machine's
 * other load, so it never fails the command. `--parts` prints what the bundle consists of.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleWorker, METAFILE } from "./bundle.ts";
import { describeParts } from "./bundle-parts.ts";
import { descendantsOf, usageOf } from "./process-usage.ts";

/** A little more than the bundle has, so that what makes it larger is noticed and weighed. */
const LIMIT = 490 * 1024;
/** What the start-up should take at most on a quiet machine, milliseconds. */
const START_UP_GOAL = 150;
const RUNS = 9;
const SECRETS = {
  PBT_ENV: "dev",
  PBT_ROOT_KEY: "start-up-measurement",
  KEY_PEPPER: "start-up-measurement",
  KEY_ENCRYPTION_KEY: Buffer.alloc(32).toString("base64"),
};

const { values: flags } = parseArgs({ options: { parts: { type: "boolean", default: false } } });
const script = await bundleWorker({ minify: true });
const bytes = readFileSync(script);
const gzipped = gzipSync(bytes, { level: 9 }).length;
console.log(`bundle: ${kib(bytes.length)} KiB, ${kib(gzipped)} KiB gzip (at most ${kib(LIMIT)})`);
if (flags.parts) console.log(`\n${describeParts(join(dirname(script), METAFILE))}\n`);
if (process.platform === "linux") console.log(await startUp(bytes.toString()));
process.exitCode = gzipped > LIMIT ? 1 : 0;

function kib(size: number): string {
  return (size / 1024).toFixed(0);
}

/** The CPU time of a new engine, milliseconds. */
interface Boot {
  /** Until it listens, after the global scope was evaluated. */
  up: number;
  /** Until it has answered /health. */
  healthy: number;
}

/** The CPU time of the start beyond that of an empty Worker with the same bindings, as text. */
async function startUp(source: string): Promise<string> {
  process.env["WRANGLER_LOG"] ??= "error";
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const { bindings, d1Databases, kvNamespaces, durableObjects } = workerOptions as Record<string, object>;
  const runtime = { bindings: { ...bindings, ...SECRETS }, d1Databases, kvNamespaces, durableObjects };
  const empty = emptyWorker(Object.values(durableObjects as Record<string, { className: string }>));
  const extras: Boot[] = [];
  for (let run = 0; run < RUNS; run++) {
    const [ours, base] = [await boot(source, runtime), await boot(empty, runtime)];
    extras.push({ up: ours.up - base.up, healthy: ours.healthy - base.healthy });
  }
  const medianOf = (figure: keyof Boot) => {
    const sorted = extras.map((extra) => extra[figure]).toSorted((a, b) => a - b);
    return `${sorted[RUNS >> 1]} ms (${sorted[0]} to ${sorted[RUNS - 1]})`;
  };
  return `CPU over an empty Worker with the same bindings, median of ${RUNS} runs: start-up ${medianOf("up")}, with /health ${medianOf("healthy")}; goal ${START_UP_GOAL} for the start-up`;
}

/** An empty Worker. With the same bindings the engine starts the same simulators for it. */
function emptyWorker(objects: { className: string }[]): string {
  const classes = objects.map(({ className }) => `export class ${className} {}`);
  return ["export default { fetch: () => new Response() };", ...classes].join("\n");
}

async function boot(contents: string, bound: object): Promise<Boot> {
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
  const cpuMs = () =>
    descendantsOf(process.pid)
      .filter((pid) => !before.has(pid))
      .reduce((sum, pid) => sum + (usageOf(pid)?.cpuMs ?? 0), 0);
  const miniflare = new Miniflare(options);
  try {
    await miniflare.ready;
    const up = cpuMs();
    const response = await miniflare.dispatchFetch("http://measured/health");
    if (!response.ok) throw new Error(`/health answered ${response.status}`);
    return { up, healthy: cpuMs() };
  } finally {
    await miniflare.dispose();
  }
}
