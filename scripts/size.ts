/** `npm run size`: builds the Worker as a deployment would, and prints its compressed size and its start-up time on this machine. Fails over 1 MiB: the time is told, not judged. */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { gzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker } from "./bundle.ts";

const LIMIT = 1024 * 1024;

const script = await bundleWorker({ minify: true });
const bytes = readFileSync(script);
const gzipped = gzipSync(bytes, { level: 9 }).length;
console.log(
  `bundle: ${(bytes.length / 1024).toFixed(0)} KiB, ${(gzipped / 1024).toFixed(0)} KiB gzip (at most ${LIMIT / 1024})`,
);
console.log(
  `start-up: ${(await startUpMs()).toFixed(0)} ms over an empty Worker, by the wall (a deployment allows 1,000 ms of CPU)`,
);
process.exitCode = gzipped > LIMIT ? 1 : 0;

/** How much longer the engine takes to come up with the bundle than with an empty Worker: the median of three pairs. */
async function startUpMs(): Promise<number> {
  const empty = "export default { fetch: () => new Response() }";
  const extras: number[] = [];
  for (let run = 0; run < 3; run++) extras.push((await bootMs(bytes.toString())) - (await bootMs(empty)));
  return extras.sort((a, b) => a - b)[1] ?? Number.NaN;
}

async function bootMs(source: string): Promise<number> {
  const started = performance.now();
  const options = convertV4MiniflareOptions({
    cf: false,
    workers: [
      {
        name: "measured",
        compatibilityDate: "2026-10-22",
        compatibilityFlags: ["nodejs_compat"],
        modules: [{ type: "ESModule", path: "index.js", contents: source }],
      },
    ],
  });
  const miniflare = new Miniflare(options);
  try {
    await (await miniflare.dispatchFetch("http://measured/")).arrayBuffer();
    return performance.now() - started;
  } finally {
    await miniflare.dispose();
  }
}
