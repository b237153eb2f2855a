import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const OUT = "dist/worker";
/** Keeps wrangler from asking, sending metrics and calling home. */
const QUIET = {
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** How to build the Worker. `entry` replaces the `main` of wrangler.toml. */
export interface BundleOptions {
  minify?: boolean;
  entry?: string;
}

/** Where {@link bundleWorker} says what a script consists of: esbuild's metafile, beside it. */
export const METAFILE = "metafile.json";

/**
 * Builds what `wrangler deploy` would upload, and returns the path of the script. Throws with
 * wrangler's output where the build fails.
 */
export async function bundleWorker(options: BundleOptions = {}): Promise<string> {
  mkdirSync("dist/assets", { recursive: true });
  const { entry } = options;
  const out = entry === undefined ? OUT : `${OUT}-${basename(entry, ".ts")}`;
  const unfinished = `${out}-${process.pid}`;
  const entries = entry === undefined ? [] : [entry];
  const minify = options.minify ? ["--minify"] : [];
  const metafile = ["--metafile", join(unfinished, METAFILE)];
  try {
    await buildWorker([...entries, "--outdir", unfinished, ...metafile, ...minify]);
    replaceFiles(unfinished, out);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return join(out, `${basename(entry ?? "index", ".ts")}.js`);
}

/** Builds a Worker by arguments of `wrangler deploy`. Throws with wrangler's output where that fails. */
export async function buildWorker(args: readonly string[]): Promise<void> {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin/wrangler.js");
  try {
    await run(process.execPath, [wrangler, "deploy", "--dry-run", ...args], {
      env: { ...process.env, ...QUIET },
      maxBuffer: 16 << 20,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`the Worker does not build:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Moves each file in one step, so that another process that reads `to` never sees half of one. */
function replaceFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) renameSync(join(from, file), join(to, file));
}
