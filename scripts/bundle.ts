import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { digestOf } from "./digest-of.ts";

const run = promisify(execFile);
const OUT = "dist/worker";
/** Keeps wrangler from asking, sending metrics and calling home. */
const QUIET = {
  CI: "1",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

/** What a deployment is built of: the copy of `src` that `build-assets.ts` makes. */
const ENTRY = "dist/src/index.ts";

/** How to build the Worker. `entry` is another one that has it within. */
export interface BundleOptions {
  minify?: boolean;
  entry?: string;
}

/** Where {@link bundleWorker} says what a script consists of: esbuild's metafile, beside it. */
export const METAFILE = "metafile.json";

/** What a bundle and the assets are made of; the lock file stands for all packages. */
const SOURCES = ["src", "scripts", "migrations/meta", "load", "wrangler.toml", "package-lock.json"];
/** The file beside a script that says what it was made of. */
const DIGEST = "sources.sha256";

/**
 * Builds what `wrangler deploy` would upload, and returns the path of the script. Keeps a script
 * that was made of the same sources. Throws with wrangler's output where the build fails.
 */
export async function bundleWorker(options: BundleOptions = {}): Promise<string> {
  const { entry } = options;
  const name = basename(entry ?? "index", ".ts");
  const out = [OUT, ...(entry === undefined ? [] : [name]), ...(options.minify ? ["min"] : [])].join("-");
  const script = join(out, `${name}.js`);
  const made = join(out, DIGEST);
  const digest = digestOf(SOURCES);
  if (existsSync(script) && existsSync(made) && readFileSync(made, "utf8") === digest) return script;
  const unfinished = `${out}-${process.pid}`;
  const minify = options.minify ? ["--minify"] : [];
  const metafile = ["--metafile", join(unfinished, METAFILE)];
  mkdirSync("dist/assets", { recursive: true });
  try {
    await buildWorker([entry ?? ENTRY, "--outdir", unfinished, ...metafile, ...minify]);
    writeFileSync(join(unfinished, DIGEST), digest);
    replaceFiles(unfinished, out);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return script;
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
