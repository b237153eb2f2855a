import { join } from "node:path";
import { startChild } from "../../harness/child.ts";
import { freePort } from "../../harness/free-port.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { installProgram } from "../../harness/install-program.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

const VERSION = "1.15.2";

/**
 * Portkey's open-source gateway (npm: @portkey-ai/gateway) on Node, without its console. Each
 * request names the provider and its host.
 */
export async function portkey(mock: MockProcess): Promise<Target> {
  const flags = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"];
  const directory = await installProgram("portkey", VERSION, [
    { command: "npm", args: ["install", "--prefix", "DIR", ...flags, `@portkey-ai/gateway@${VERSION}`] },
  ]);
  const port = await freePort();
  const child = await startChild({
    name: "portkey",
    command: process.execPath,
    args: [join(directory, "node_modules/@portkey-ai/gateway/build/start-server.js"), `--port=${port}`, "--headless"],
    env: { NODE_ENV: "production" },
    ready: `http://127.0.0.1:${port}/`,
  });
  return {
    ...child,
    version: `@portkey-ai/gateway ${VERSION}`,
    request: chatRequest({
      authorization: "Bearer bench",
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": mock.openaiBaseUrl,
    }),
    ...OPENAI_STREAM,
  };
}
