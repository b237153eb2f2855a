import { randomBytes } from "node:crypto";
import { bundleWorker } from "../../scripts/bundle.ts";
import { createTenant } from "../../scripts/tenant.ts";
import { type Child, startChild } from "./child.ts";
import type { MockProcess } from "./mock.ts";

/** PBT Edge as it would be deployed, in a process of its own, with a fresh tenant. */
export interface EdgeProcess extends Child {
  /** A bearer key of the tenant, with every scope of a first key. */
  key: string;
  /** The address of each isolate. */
  urls: string[];
  /** Creates a further tenant and gives its key. */
  otherTenant(): Promise<string>;
}

/** How the runtime is started. */
export interface EdgeOptions {
  inspect?: boolean;
  minify?: boolean;
  isolates?: number;
  /** How often the cron strikes, milliseconds. */
  cronMs?: number;
  /** Where it keeps its data; in memory where absent. */
  stateDir?: string;
  /** Settings over those of wrangler.toml. */
  vars?: Record<string, string>;
  /** The Worker's entry, where it is not wrangler.toml's. */
  entry?: string;
}

/** The settings of a runtime on this machine with the mock as both providers, and secrets of its own. */
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
  };
}

/** Builds the production bundle and serves it through Miniflare's own API on a free port, in memory, with the mock as both providers. */
export async function startEdge(mock: MockProcess, options: EdgeOptions = {}) {
  const script = await bundleWorker({ minify: options.minify ?? true, entry: options.entry });
  const rootKey = `root_${randomBytes(24).toString("hex")}`;
  const vars = { ...localVars(mock, rootKey), ...options.vars };
  const { inspect, isolates, stateDir, cronMs } = options;
  const child = await startChild({
    name: "pbt-edge",
    command: process.execPath,
    args: ["load/harness/edge-host.ts"],
    env: { EDGE_HOST: JSON.stringify({ script, port: 0, vars, inspect, isolates, stateDir, cronMs }) },
    ready: /ready on (\S+.*)/,
  });
  const urls = child.url.split(" ");
  const [url = ""] = urls;
  const key = await createTenant(url, rootKey, "load");
  const otherTenant = async () => createTenant(url, rootKey, "other");
  return { ...child, url, urls, key, otherTenant } satisfies EdgeProcess;
}
