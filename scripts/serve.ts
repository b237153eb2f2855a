import { resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { laneOfQueue } from "../src/services/batches/wake-ups.ts";
import { EngineCrashes, EngineLog } from "./engine-crashes.ts";
import { freeAbandonedWork, type LocalClock, startLocalClock } from "./local-clock.ts";
import { readMigrations, migrate } from "./migrate.ts";

/** How the local consumer of the lanes standard and batch gets its wake-ups; the time in seconds. */
const LOCAL_CONSUMER = { maxBatchSize: 5, maxBatchTimeout: 1 };

/** How to serve a Worker on this machine. */
export interface ServeOptions {
  /** The bundle that {@link bundleWorker} built. */
  script: string;
  /** 0 for any free port. */
  port: number;
  /** The folder of the data of D1, queues and caches; in memory when absent. */
  stateDir?: string;
  /** Variables and secrets, which override those of wrangler.toml. */
  vars: Record<string, string>;
  /** The number of isolates, which share storage and objects but not memory; 1 when absent. */
  isolates?: number;
  /** The number of D1 databases; those of wrangler.toml when absent. */
  shards?: number;
  /** The interval of the cron trigger, milliseconds; a minute when absent. */
  cronMs?: number;
  /** Whether to open the engine's inspector (Chrome DevTools Protocol) on a free port. */
  inspect?: boolean;
}

/** A running Worker; `stop` ends its processes. */
export interface Served {
  url: string;
  /** The address of each isolate; the first is `url`. */
  urls: string[];
  miniflare: Miniflare;
  /** Resolves with the reason once the engine has crashed and is not started again. */
  gaveUp: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Migrates every shard and serves a bundle through Miniflare's own API: the engine of `wrangler
 * dev` without its slow proxy. Miniflare starts an engine that crashed again, on the same ports and
 * data; accepted work then goes on, until it crashes too often.
 */
export async function serveWorker(options: ServeOptions): Promise<Served> {
  // Hides wrangler's advice to put secrets into its own files: here the caller passes them.
  process.env["WRANGLER_LOG"] ??= "error";
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const databases = withShards(workerOptions.d1Databases as Record<string, { id: string }>, options.shards ?? 0);
  const worker = {
    ...workerOptions,
    name: "pbt-edge",
    d1Databases: databases,
    bindings: { ...(workerOptions.bindings as Record<string, string>), ...options.vars },
    queueConsumers: localConsumers(workerOptions["queueConsumers"]),
    modules: [{ type: "ESModule" as const, path: resolve(options.script) }],
    modulesRoot: resolve("."),
    assets: undefined,
    serviceBindings: { ASSETS: ASSETS_WORKER },
  };
  const assets = assetsWorker({ assets: workerOptions.assets });
  const more = Array.from({ length: (options.isolates ?? 1) - 1 }, (_, index) => `pbt-edge-${index + 2}`);
  const shards = Object.keys(databases);
  const crashes = new EngineCrashes();
  let clock: LocalClock | undefined;
  const goOn = async () => {
    if (!crashes.mayGoOn()) return;
    await prepareShards(miniflare, shards);
    clock?.tick();
    console.log(`the engine is back on ${(await miniflare.ready).origin}; accepted work goes on`);
  };
  const converted = convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: options.port,
    cf: false,
    log: new EngineLog(crashes),
    unsafeHandleRuntimeRestart: goOn,
    ...(options.inspect ? { inspectorPort: 0 } : {}),
    workers: [
      worker,
      ...more.map((name) => ({ ...worker, ...sideIsolate(workerOptions["durableObjects"]), name })),
      assets,
    ],
  });
  const persisted = options.stateDir === undefined ? {} : { resourcePersistencePath: resolve(options.stateDir, "v3") };
  const miniflare = new Miniflare({ ...converted, ...persisted });
  try {
    const url = (await miniflare.ready).origin;
    const others = await Promise.all(more.map(async (name) => (await miniflare.unsafeGetDirectURL(name)).origin));
    await prepareShards(miniflare, shards);
    clock = startLocalClock(async () => miniflare.getWorker("pbt-edge"), options.cronMs ?? 60_000);
    const stop = async () => {
      clock?.stop();
      await miniflare.dispose();
    };
    return { url, urls: [url, ...others], miniflare, gaveUp: crashes.gaveUp, stop };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** The databases of wrangler.toml, and more up to a number of shards. */
function withShards(configured: Record<string, { id: string }>, count: number): Record<string, { id: string }> {
  const all = Array.from(
    { length: count },
    (_, index) => [`DB_SHARD_${index}`, { id: `local-shard-${index}` }] as const,
  );
  return { ...Object.fromEntries(all), ...configured };
}

/** Migrates every shard, and makes the work due that an earlier engine had accepted. */
async function prepareShards(miniflare: Miniflare, names: readonly string[]): Promise<void> {
  const migrations = readMigrations("migrations");
  await Promise.all(
    names.map(async (name) => {
      const shard = await miniflare.getD1Database(name);
      await migrate(shard, migrations);
      await freeAbandonedWork(shard);
    }),
  );
}

/**
 * The engine runs one consumer of a queue at a time. It gets several wake-ups, so that their groups
 * share its places; deployed, each has a consumer of its own.
 */
function localConsumers(deployed: unknown) {
  const consumers = Object.entries((deployed ?? {}) as Record<string, object>);
  const local = consumers.map(([queue, consumer]) => {
    const lane = laneOfQueue(queue);
    return [queue, lane === "standard" || lane === "batch" ? { ...consumer, ...LOCAL_CONSUMER } : consumer] as const;
  });
  return Object.fromEntries(local);
}

const ASSETS_WORKER = "pbt-edge-assets";

/**
 * A Worker for the assets alone. Miniflare puts a router in front of a Worker that has assets,
 * which costs every request more than a cached answer does; deployed, there is none.
 */
function assetsWorker(options: Record<string, unknown>) {
  const script = "export default { fetch: (request, env) => env.ASSETS.fetch(request) };";
  const modules = [{ type: "ESModule" as const, path: resolve("assets.js"), contents: script }];
  return { name: ASSETS_WORKER, modules, modulesRoot: resolve("."), compatibilityDate: "2026-10-22", ...options };
}

/**
 * The options in which a further isolate differs: it has an address of its own, uses the first
 * one's objects and consumes no queue.
 */
function sideIsolate(objects: unknown) {
  const namespaces = Object.entries((objects ?? {}) as Record<string, { className: string; useSQLite?: boolean }>);
  return {
    queueConsumers: {},
    durableObjects: Object.fromEntries(namespaces.map(([name, of]) => [name, { ...of, scriptName: "pbt-edge" }])),
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
}
