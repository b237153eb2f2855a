import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorker } from "../../scripts/bundle.ts";
import { enginePidOf } from "../../scripts/process-usage.ts";
import type { ServeOptions } from "../../scripts/serve.ts";
import type { Child } from "./child.ts";
import { type EdgeOptions, localVars, newRootKey, startHost } from "./edge.ts";
import type { MockProcess } from "./mock.ts";

/** The interval of the sweep, a minute in production. */
const SWEEP_EVERY_MS = 500;

/** The deployable bundle with its data on disk, so that it can be killed and started again. */
export class RestartableEdge {
  readonly rootKey: string;
  readonly #options: ServeOptions;
  readonly #stateDir: string;
  #running: Child | null = null;

  private constructor(rootKey: string, options: ServeOptions, stateDir: string) {
    this.rootKey = rootKey;
    this.#options = options;
    this.#stateDir = stateDir;
  }

  /**
   * Builds the bundle and creates an empty folder for its data; does not start it. `vars` override
   * those of wrangler.toml.
   */
  static async prepare(
    mock: MockProcess,
    { entry, isolates, shards, vars = {} }: Pick<EdgeOptions, "entry" | "isolates" | "shards" | "vars"> = {},
  ): Promise<RestartableEdge> {
    const script = await bundleWorker({ minify: true, entry });
    const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-chaos-"));
    const rootKey = newRootKey();
    const allVars = { ...localVars(mock, rootKey), ...vars };
    const options = { script, port: 0, stateDir, isolates, shards, cronMs: SWEEP_EVERY_MS, vars: allVars };
    return new RestartableEdge(rootKey, options, stateDir);
  }

  /** Sets variables for its next start. */
  setVars(vars: Record<string, string>): void {
    this.#options.vars = { ...this.#options.vars, ...vars };
  }

  /** Starts it on its data and returns the address of its first isolate. */
  async start(): Promise<string> {
    this.#running = await startHost(this.#options);
    return this.urls()[0] ?? "";
  }

  /** The address of each isolate; none while it is down. */
  urls(): string[] {
    return this.#running?.url.split(" ") ?? [];
  }

  /** Kills the server and its engine with SIGKILL, so that nothing in memory reaches the disk. */
  async kill(): Promise<void> {
    const child = this.#running;
    this.#running = null;
    if (!child) return;
    process.kill(-child.pid, "SIGKILL");
    await child.stop();
  }

  /** The end of what it printed; empty while it is down. */
  output(): string {
    return this.#running?.output() ?? "";
  }

  /** The folder of its data. */
  stateDir(): string {
    return this.#stateDir;
  }

  /** The leader of its process group; 0 while it is down. */
  pid(): number {
    return this.#running?.pid ?? 0;
  }

  /** The process of the engine (workerd), a descendant of the server. Throws where none runs. */
  enginePid(): number {
    return enginePidOf(this.pid());
  }

  /** Kills it and deletes its data. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }
}
