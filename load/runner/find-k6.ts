import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../harness/cache-directory.ts";
import { stderrTail } from "../harness/error-text.ts";

const run = promisify(execFile);
const BUILD_TIMEOUT_MS = 15 * 60_000;
const KEPT_ERROR = 600;
const EXTENSION = join("load", "k6", "extension");
const SOURCES = ["go.mod", "go.sum", "main.go", join("sse", "sse.go")];

/** A runnable k6, and whether it has the module k6/x/sse, which reads streams as they arrive. */
export interface K6 {
  path: string;
  streams: boolean;
}

/** What the search needs from the machine. */
export interface K6Search {
  /** Paths or names to try in order. */
  candidates: readonly string[];
  /** The output of `<path> version`; null where it does not run. */
  versionOf(path: string): Promise<string | null>;
  /** Builds k6 with the module and returns its path; null where Go is not installed. */
  build(): Promise<string | null>;
}

/** The error where there is no k6 and none can be built. */
export const K6_MISSING =
  "k6 was not found. Install Go (https://go.dev/dl) and run `npm run load:install`, which builds k6 with its stream module, " +
  "or install the vendor's package (https://grafana.com/docs/k6/latest/set-up/install-k6) so that `k6` is on the PATH, or name one in K6.";

/**
 * Finds a k6 with the module, or builds one, or finds one without it, in this order. Throws
 * {@link K6_MISSING}.
 */
export async function findK6(search: K6Search = machineSearch()): Promise<K6> {
  let stock: string | null = null;
  for (const path of search.candidates) {
    const version = await search.versionOf(path);
    if (version?.includes("k6/x/sse")) return { path, streams: true };
    if (version !== null) stock ??= path;
  }
  const built = await search.build();
  if (built !== null) return { path: built, streams: true };
  if (stock !== null) return { path: stock, streams: false };
  throw new Error(K6_MISSING);
}

/** Tries the variable K6, then an earlier build, then the PATH. Builds with Go. */
function machineSearch(): K6Search {
  const built = builtPath();
  return {
    candidates: [...(process.env["K6"] === undefined ? [] : [process.env["K6"]]), built, "k6"],
    versionOf: outputOf,
    build: async () => ((await outputOf("go")) === null ? null : buildK6(built)),
  };
}

/** The path of a build of exactly these sources. */
function builtPath(): string {
  const hash = createHash("sha256");
  for (const file of SOURCES) hash.update(readFileSync(join(EXTENSION, file)));
  const suffix = process.platform === "win32" ? ".exe" : "";
  return join(cacheDirectory(), `k6-${hash.digest("hex").slice(0, 12)}${suffix}`);
}

async function outputOf(path: string): Promise<string | null> {
  try {
    return (await run(path, ["version"])).stdout;
  } catch {
    return null;
  }
}

/** Builds k6 at a path, atomically. Throws with the compiler's output. */
async function buildK6(path: string): Promise<string> {
  console.log("building k6 with its stream module (some minutes the first time)");
  mkdirSync(cacheDirectory(), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    await run("go", ["build", "-trimpath", "-o", part, "."], { cwd: EXTENSION, timeout: BUILD_TIMEOUT_MS });
  } catch (error) {
    throw new Error(`k6 does not build: ${stderrTail(error, KEPT_ERROR)}`, { cause: error });
  }
  renameSync(part, path);
  return path;
}
