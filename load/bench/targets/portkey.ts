import { join } from "node:path";
import { startChild } from "../../harness/child.ts";
import { freePort } from "../../harness/free-port.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { installProgram } from "../../harness/install-program.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

/** The measured version of Portkey, on Node and as a Worker. */
export const PORTKEY_VERSION = "1.15.2";

/**
 * The versions in Portkey's own lock file. With newer ones of `@hono/node-server`, which npm would
 * install, every stream fails (github.com/Portkey-AI/gateway/issues/1389).
 */
const LOCKED = { hono: "4.9.7", "@hono/node-server": "1.13.5", "@hono/node-ws": "1.2.0" };

/**
 * Portkey's open-source gateway (npm: @portkey-ai/gateway) on Node, without its console. Each
 * request names the provider and its host.
 */
export async function portkey(mock: MockProcess): Promise<Target> {
  const modules = await installPortkey();
  const port = await freePort();
  const child = await startChild({
    name: "portkey",
    command: process.execPath,
    args: [join(modules, "@portkey-ai/gateway/build/start-server.js"), `--port=${port}`, "--headless"],
    env: { NODE_ENV: "production" },
    ready: `http://127.0.0.1:${port}/`,
  });
  return {
    ...child,
    version: `@portkey-ai/gateway ${PORTKEY_VERSION}`,
    request: portkeyRequest(mock),
    ...OPENAI_STREAM,
  };
}

/** Installs Portkey's package from npm. Returns the folder of the installed modules. */
export async function installPortkey(): Promise<string> {
  const locked = Object.entries(LOCKED).map(([name, version]) => `${name}@${version}`);
  const packages = [`@portkey-ai/gateway@${PORTKEY_VERSION}`, ...locked];
  const flags = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"];
  const directory = await installProgram("portkey", `${PORTKEY_VERSION}-hono-${LOCKED.hono}`, [
    { command: "npm", args: ["install", "--prefix", "DIR", ...flags, ...packages] },
  ]);
  return join(directory, "node_modules");
}

/** Requests that name the mock as Portkey's provider. */
export function portkeyRequest(mock: MockProcess): Target["request"] {
  return chatRequest({
    authorization: "Bearer bench",
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": mock.openaiBaseUrl,
  });
}
