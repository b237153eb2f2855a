import { resolve } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { readMigrations, migrate } from "./migrate.ts";

/** A Worker served on this machine. */
export interface ServeOptions {
  /** The bundle that {@link bundleWorker} built. */
  script: string;
  /** 0 takes a free one. */
  port: number;
  /** Where D1, queues and caches keep their data. Absent: in memory. */
  stateDir?: string;
  /** Variables and secrets, over those of wrangler.toml. */
  vars: Record<string, string>;
  /** How many isolates serve it, each with a memory of its own before the same storage and objects. One by default. */
  isolates?: number;
  /** How often the clock of the cron triggers strikes, milliseconds. A minute when absent. */
  cronMs?: number;
  /** Opens the engine's inspector (Chrome DevTools Protocol) on a free port. */
  inspect?: boolean;
}

/** A running Worker; `stop` ends its processes. */
export interface Served {
  url: string;
  /** The address of each isolate; the first is `url`. */
  urls: string[];
  miniflare: Miniflare;
  stop(): Promise<void>;
}

/** Serves a bundle through Miniflare's own API: the same engine as `wrangler dev`, without its proxy in front. Migrates every shard first. */
export async function serveWorker(options: ServeOptions): Promise<Served> {
  // wrangler asks for secrets in files of its own; here they come from the caller, so its advice would mislead.
  process.env["WRANGLER_LOG"] ??= "error";
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const worker = {
    ...workerOptions,
    name: "pbt-edge",
    bindings: { ...(workerOptions.bindings as Record<string, string>), ...options.vars },
    modules: [{ type: "ESModule" as const, path: resolve(options.script) }],
    modulesRoot: resolve("."),
  };
  const more = Array.from({ length: (options.isolates ?? 1) - 1 }, (_, index) => `pbt-edge-${index + 2}`);
  const converted = convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: options.port,
    cf: false,
    log: new Log(LogLevel.WARN),
    ...(options.inspect ? { inspectorPort: 0 } : {}),
    workers: [worker, ...more.map((name) => ({ ...worker, ...sideIsolate(workerOptions["durableObjects"]), name }))],
  });
  const persisted = options.stateDir === undefined ? {} : { resourcePersistencePath: resolve(options.stateDir, "v3") };
  const miniflare = new Miniflare({ ...converted, ...persisted });
  try {
    const url = (await miniflare.ready).origin;
    const others = await Promise.all(more.map(async (name) => (await miniflare.unsafeGetDirectURL(name)).origin));
    const migrations = readMigrations("migrations");
    const names = Object.keys(workerOptions.d1Databases ?? {});
    await Promise.all(names.map(async (name) => migrate(await miniflare.getD1Database(name), migrations)));
    const stopClock = await startClock(miniflare, options.cronMs ?? 60_000);
    const stop = async () => {
      stopClock();
      await miniflare.dispose();
    };
    return { url, urls: [url, ...others], miniflare, stop };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

/** The engine has no cron of its own: strikes it here. A run that fails is the Worker's to report, and the next one comes. */
async function startClock(miniflare: Miniflare, everyMs: number): Promise<() => void> {
  const worker = await miniflare.getWorker("pbt-edge");
  const timer = setInterval(() => {
    worker.scheduled({ cron: "* * * * *" }).catch(() => undefined);
  }, everyMs);
  return () => clearInterval(timer);
}

/** What a further isolate has otherwise: the first one's objects, no queue to consume and no assets, and an address of its own. */
function sideIsolate(objects: unknown) {
  const namespaces = Object.entries((objects ?? {}) as Record<string, { className: string; useSQLite?: boolean }>);
  return {
    assets: undefined,
    queueConsumers: {},
    durableObjects: Object.fromEntries(namespaces.map(([name, of]) => [name, { ...of, scriptName: "pbt-edge" }])),
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
  };
}
