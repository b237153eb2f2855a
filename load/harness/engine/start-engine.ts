import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_readConfig as readConfig } from "wrangler";
import { bundleWorker } from "../../../scripts/bundle.ts";
import { createTenant } from "../../../scripts/tenant.ts";
import { type Child, startChild } from "../child.ts";
import { localVars, newRootKey } from "../edge.ts";
import { freePort } from "../free-port.ts";
import type { MockProcess } from "../mock.ts";
import { onCore, TARGET_CORE } from "../pin.ts";
import { type EngineWorker, engineConfig, type Simulators } from "./engine-config.ts";

/** The path of the engine's program. */
const { default: WORKERD } = createRequire(import.meta.url)("workerd") as { default: string };

/** A Worker without any binding but variables. */
export const BARE_WORKER = { d1: [], kv: [], r2: [], queues: [], assets: [], objects: [] };

/**
 * Serves a Worker with workerd alone: no Miniflare before it, its objects on disk, and everything
 * else that it binds to in another process. Where the system can, it stays on one core.
 */
export async function startEngine(name: string, worker: EngineWorker, options: EngineOptions = {}): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), "pbt-edge-engine-"));
  const simulators = await startSimulators(worker);
  try {
    mkdirSync(join(folder, "objects"));
    copyFileSync(worker.script, join(folder, "worker.js"));
    const port = await freePort();
    const config = engineConfig({ ...worker, script: "worker.js" }, simulators.addresses, port);
    writeFileSync(join(folder, "config.capnp"), config, { mode: 0o600 });
    const inspector =
      options.inspectorPort === undefined ? [] : [`--inspector-addr=127.0.0.1:${options.inspectorPort}`];
    const child = await startChild({
      name,
      ...onCore(TARGET_CORE, WORKERD, ["serve", join(folder, "config.capnp"), ...inspector]),
      cwd: folder,
      ready: `http://127.0.0.1:${port}/`,
    });
    const stop = async () => {
      await child.stop();
      await simulators.stop();
      rmSync(folder, { recursive: true, force: true });
    };
    return { ...child, stop };
  } catch (error) {
    await simulators.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** How to start the engine. */
export interface EngineOptions {
  /** Where its inspector (Chrome DevTools Protocol) listens; closed when absent. */
  inspectorPort?: number;
}

/** How to start the runtime on the engine alone. */
export interface EdgeEngineOptions extends EngineOptions {
  /** Variables that override those of wrangler.toml. */
  vars?: Record<string, string>;
  minify?: boolean;
  /** A built script; the working tree's when absent. */
  bundle?: string;
}

/** The runtime on the engine alone, with the first API key of its tenant. */
export type EdgeEngine = Child & { key: string };

/** The part of wrangler.toml that the engine needs. */
interface WorkerConfig {
  compatibility_date: string;
  compatibility_flags: string[];
  vars: Record<string, string>;
  d1_databases: { binding: string }[];
  kv_namespaces: { binding: string }[];
  r2_buckets: { binding: string }[];
  queues: { producers: { binding: string }[] };
  assets: { binding: string };
  durable_objects: { bindings: { name: string; class_name: string }[] };
}

/** The production bundle on the engine alone, with a new tenant. */
export async function startEdgeEngine(mock: MockProcess, options: EdgeEngineOptions = {}): Promise<EdgeEngine> {
  const config = readConfig({ config: "wrangler.toml" }) as WorkerConfig;
  const rootKey = newRootKey();
  const child = await startEngine(
    "pbt-edge",
    {
      script: options.bundle ?? (await bundleWorker({ minify: options.minify ?? true })),
      compatibilityDate: config.compatibility_date,
      compatibilityFlags: config.compatibility_flags,
      vars: { ...config.vars, ...localVars(mock, rootKey), ...options.vars },
      d1: config.d1_databases.map(({ binding }, shard) => [binding, `d1-${shard}`]),
      kv: config.kv_namespaces.map(({ binding }) => binding),
      r2: config.r2_buckets.map(({ binding }) => binding),
      queues: config.queues.producers.map(({ binding }) => binding),
      assets: [config.assets.binding],
      objects: config.durable_objects.bindings.map(({ name, class_name }) => [name, class_name]),
    },
    options,
  );
  return { ...child, key: await createTenant(child.url, rootKey, "bench") };
}

async function startSimulators(worker: EngineWorker): Promise<{ addresses: Simulators; stop(): Promise<void> }> {
  const child = await startChild({
    name: "simulators",
    command: process.execPath,
    args: ["load/harness/engine/simulators.ts", String(worker.d1.length)],
    ready: /ready on (\S+)/,
  });
  const addresses = child.url.split(",").map((entry): [string, string] => {
    const [name = "", port = ""] = entry.split("=");
    return [name, `127.0.0.1:${port}`];
  });
  return { addresses: new Map(addresses), stop: async () => child.stop() };
}
