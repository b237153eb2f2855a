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
  /** Opens the engine's inspector (Chrome DevTools Protocol) on a free port. */
  inspect?: boolean;
}

/** A running Worker; `stop` ends its processes. */
export interface Served {
  url: string;
  miniflare: Miniflare;
  stop(): Promise<void>;
}

/** Serves a bundle through Miniflare's own API: the same engine as `wrangler dev`, without its proxy in front. Migrates every shard first. */
export async function serveWorker(options: ServeOptions): Promise<Served> {
  // wrangler asks for secrets in files of its own; here they come from the caller, so its advice would mislead.
  process.env["WRANGLER_LOG"] ??= "error";
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions("wrangler.toml");
  const converted = convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: options.port,
    cf: false,
    log: new Log(LogLevel.WARN),
    ...(options.inspect ? { inspectorPort: 0 } : {}),
    workers: [
      {
        ...workerOptions,
        name: "pbt-edge",
        bindings: { ...(workerOptions.bindings as Record<string, string>), ...options.vars },
        modules: [{ type: "ESModule", path: resolve(options.script) }],
        modulesRoot: resolve("."),
      },
    ],
  });
  const persisted = options.stateDir === undefined ? {} : { resourcePersistencePath: resolve(options.stateDir, "v3") };
  const miniflare = new Miniflare({ ...converted, ...persisted });
  try {
    const url = (await miniflare.ready).origin;
    const migrations = readMigrations("migrations");
    const names = Object.keys(workerOptions.d1Databases ?? {});
    await Promise.all(names.map(async (name) => migrate(await miniflare.getD1Database(name), migrations)));
    return { url, miniflare, stop: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}
