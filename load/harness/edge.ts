import { randomBytes } from "node:crypto";
import { bundleWorker } from "../../scripts/bundle.ts";
import { createTenant } from "../../scripts/tenant.ts";
import { type Child, startChild } from "./child.ts";
import type { MockProcess } from "./mock.ts";

/** PBT Edge as it would be deployed, in a process of its own, with a fresh tenant. */
export interface EdgeProcess extends Child {
  /** A bearer key of the tenant, with every scope of a first key. */
  key: string;
}

/** Builds the production bundle and serves it through Miniflare's own API on a free port, in memory, with the mock as both providers. */
export async function startEdge(mock: MockProcess, options: { inspect?: boolean; minify?: boolean } = {}) {
  const script = await bundleWorker({ minify: options.minify ?? true });
  const rootKey = `root_${randomBytes(24).toString("hex")}`;
  const vars = {
    PBT_ENV: "dev",
    PBT_ROOT_KEY: rootKey,
    KEY_PEPPER: randomBytes(32).toString("base64"),
    KEY_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    OPENAI_API_KEYS: "mock-openai-key",
    ANTHROPIC_API_KEYS: "mock-anthropic-key",
    OPENAI_BASE_URL: mock.openaiBaseUrl,
    ANTHROPIC_BASE_URL: mock.anthropicBaseUrl,
  };
  const child = await startChild({
    name: "pbt-edge",
    command: process.execPath,
    args: ["load/harness/edge-host.ts"],
    env: { EDGE_HOST: JSON.stringify({ script, port: 0, vars, inspect: options.inspect }) },
    ready: /ready on (\S+)/,
  });
  const key = await createTenant(child.url, rootKey, "load");
  return { ...child, key } satisfies EdgeProcess;
}
