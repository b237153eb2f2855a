import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker } from "../../../scripts/bundle.ts";
import { BARE_WORKER, startEngine } from "../../harness/engine/start-engine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { installPortkey, PORTKEY_VERSION, portkeyRequest } from "./portkey.ts";
import { OPENAI_STREAM, type Target } from "./target.ts";

/**
 * The settings of Portkey's wrangler.toml, for production. From 2024-12-16 on, the engine applies
 * the backpressure of a TransformStream, which more than doubles the CPU of Portkey's streams.
 */
const COMPATIBILITY = { compatibilityDate: "2024-12-05", compatibilityFlags: ["nodejs_compat"] };
const VARS = { ENVIRONMENT: "production" };

/**
 * Portkey's gateway on the engine alone. Its npm package has the program for Node only, which holds
 * the same application as its Worker and finds out where it runs. Without its server, and built as
 * Portkey's `npm run deploy` does (`wrangler deploy --minify`), it is that Worker.
 */
export async function portkeyWorker(mock: MockProcess): Promise<Target> {
  const modules = await installPortkey();
  const folder = mkdtempSync(join(tmpdir(), "pbt-edge-portkey-"));
  try {
    const script = await bundle(modules, folder);
    const child = await startEngine("portkey-worker", { ...BARE_WORKER, ...COMPATIBILITY, script, vars: VARS });
    return {
      ...child,
      version: `@portkey-ai/gateway ${PORTKEY_VERSION} as a Worker`,
      request: portkeyRequest(mock),
      ...OPENAI_STREAM,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Builds the Worker in a folder from Portkey's installed modules. Returns the path of its script.
 */
async function bundle(modules: string, folder: string): Promise<string> {
  const node = join(import.meta.dirname, "portkey-node.js");
  const config = join(folder, "wrangler.json");
  const settings = {
    name: "portkey",
    main: join(import.meta.dirname, "portkey-entry.js"),
    compatibility_date: COMPATIBILITY.compatibilityDate,
    compatibility_flags: COMPATIBILITY.compatibilityFlags,
    alias: {
      "@portkey-ai/gateway": join(modules, "@portkey-ai/gateway/build/start-server.js"),
      "@hono/node-server": node,
      "@hono/node-ws": node,
    },
  };
  writeFileSync(config, JSON.stringify(settings));
  await buildWorker(["--config", config, "--outdir", folder, "--minify"]);
  return join(folder, "portkey-entry.js");
}
