import { randomBytes } from "node:crypto";
import { bundleWorker } from "../../scripts/bundle.ts";
import type { ServeOptions } from "../../scripts/serve.ts";
import { createTenant } from "../../scripts/tenant.ts";
import { type Child, startChild } from "./child.ts";
import type { MockProcess } from "./mock.ts";

/** The deployable bundle in a process of its own, with a new tenant. */
export interface EdgeProcess extends Child {
  /** The tenant's first API key, with every scope that such a key has. */
  key: string;
  /** The address of each isolate. */
  urls: string[];
  /** Creates another tenant and returns its API key. */
  otherTenant(): Promise<string>;
}

/** How to start the runtime. */
export interface EdgeOptions {
  inspect?: boolean;
  minify?: boolean;
  isolates?: number;
  /** The number of D1 databases; those of wrangler.toml when absent. */
  shards?: number;
  /** The interval of the cron trigger, milliseconds. */
  cronMs?: number;
  /** The folder of its data; in memory when absent. */
  stateDir?: string;
  /** Variables that override those of wrangler.toml. */
  vars?: Record<string, string>;
  /** The Worker's entry file; wrangler.toml's when absent. */
  entry?: string;
  /** The path of a socket that takes the past of tenants; none when absent. */
  historyDoor?: string;
}

/** How the process serves a bundle. */
export interface HostOptions extends ServeOptions {
  historyDoor?: string;
}

/** A random root key for a runtime that starts with {@link localVars}. */
export function newRootKey(): string {
  return `root_${randomBytes(24).toString("hex")}`;
}

/** The variables and secrets of a local runtime that has the mock as both providers. */
export function localVars(mock: MockProcess, rootKey: string): Record<string, string> {
  return {
    PBT_ENV: "dev",
    PBT_ROOT_KEY: rootKey,
    KEY_PEPPER: randomBytes(32).toString("base64"),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    OPENAI_API_KEYS: "mock-openai-key",
    ANTHROPIC_API_KEYS: "mock-anthropic-key",
    OPENAI_BASE_URL: mock.openaiBaseUrl,
    ANTHROPIC_BASE_URL: mock.anthropicBaseUrl,
    UPSTREAM_ORIGINS: mock.url,
  };
}

/**
 * Starts the process that serves a bundle (`edge-host.ts`). Its `url` holds the addresses of all
 * isolates, separated by spaces.
 */
export async function startHost(options: HostOptions): Promise<Child> {
  return startChild({
    name: "pbt-edge",
    command: process.execPath,
    args: ["load/harness/edge-host.ts"],
    env: { EDGE_HOST: JSON.stringify(options) },
    ready: /ready on (\S+.*)/,
  });
}

/**
 * Builds the production bundle and serves it through Miniflare's own API on a free port, with the
 * mock as both providers.
 */
export async function startEdge(mock: MockProcess, options: EdgeOptions = {}): Promise<EdgeProcess> {
  const { inspect, isolates, stateDir, cronMs, entry, historyDoor, minify = true } = options;
  const script = await bundleWorker({ minify, entry });
  const rootKey = newRootKey();
  const vars = { ...localVars(mock, rootKey), ...options.vars };
  const child = await startHost({ script, port: 0, vars, inspect, isolates, stateDir, cronMs, historyDoor });
  const urls = child.url.split(" ");
  const [url = ""] = urls;
  const key = await createTenant(url, rootKey, "load");
  const otherTenant = async () => createTenant(url, rootKey, "other");
  return { ...child, url, urls, key, otherTenant };
}
