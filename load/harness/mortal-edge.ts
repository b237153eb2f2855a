import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorker } from "../../scripts/bundle.ts";
import { type Child, startChild } from "./child.ts";
import { type EdgeOptions, localVars } from "./edge.ts";
import type { MockProcess } from "./mock.ts";

/** PBT Edge on a disk that outlives it: killed and started again as often as one likes. */
export interface MortalEdge {
  rootKey: string;
  /** Starts it on the same disk; the address of its first isolate. */
  start(): Promise<string>;
  /** The address of each isolate; none while it is down. */
  urls(): string[];
  /** SIGKILL to the server and the engine below it: nothing is flushed, nothing is told. */
  kill(): Promise<void>;
  /** The last that it printed. */
  output(): string;
  /** The process group's leader. */
  pid(): number;
  /** Ends it and removes the disk. */
  dispose(): Promise<void>;
}

/** The engine's own process below the server's. Throws where there is none. */
export function engineOf(server: number, descendants: (pid: number) => number[]): number {
  const engine = descendants(server).find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("/workerd"));
  if (engine === undefined) throw new Error("no engine runs below the server");
  return engine;
}

/** The minute of the sweep, shortened. */
const SWEEP_EVERY_MS = 500;

/** Builds the production bundle once and prepares an empty disk. `vars` over those of wrangler.toml. */
export async function prepareMortalEdge(
  mock: MockProcess,
  vars: Record<string, string>,
  { entry, isolates }: Pick<EdgeOptions, "entry" | "isolates"> = {},
): Promise<MortalEdge> {
  const script = await bundleWorker({ minify: true, entry });
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-chaos-"));
  const rootKey = `root_${randomBytes(24).toString("hex")}`;
  const options = {
    script,
    port: 0,
    stateDir,
    isolates,
    cronMs: SWEEP_EVERY_MS,
    vars: { ...localVars(mock, rootKey), ...vars },
  };
  let running: Child | null = null;
  const kill = async () => {
    const child = running;
    running = null;
    if (!child) return;
    process.kill(-child.pid, "SIGKILL");
    await child.stop();
  };
  return {
    rootKey,
    async start() {
      running = await startChild({
        name: "pbt-edge",
        command: process.execPath,
        args: ["load/harness/edge-host.ts"],
        env: { EDGE_HOST: JSON.stringify(options) },
        ready: /ready on (\S+.*)/,
      });
      return running.url.split(" ")[0] ?? "";
    },
    urls: () => running?.url.split(" ") ?? [],
    kill,
    output: () => running?.output() ?? "",
    pid: () => running?.pid ?? 0,
    async dispose() {
      await kill();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
