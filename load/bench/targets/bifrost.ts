import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../../harness/child.ts";
import { freePort } from "../../harness/free-port.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { installProgram } from "../../harness/install-program.ts";
import { chatRequest, MODEL, OPENAI_STREAM, type Target } from "./target.ts";

const VERSION = "latest";
const MODULE = "github.com/maximhq/bifrost/transports/bifrost-http";

/** Bifrost's HTTP gateway (a Go module). Its configuration file names the mock as the provider. */
export async function bifrost(mock: MockProcess): Promise<Target> {
  const directory = await installProgram("bifrost", VERSION, [
    { command: "go", args: ["install", `${MODULE}@${VERSION}`], env: { GOBIN: "DIR" } },
  ]);
  const port = await freePort();
  const data = join(directory, `data-${port}`);
  const keys = [{ name: "bench", value: "bench", models: [MODEL], weight: 1 }];
  mkdirSync(data);
  writeFileSync(
    join(data, "config.json"),
    JSON.stringify({ providers: { openai: { keys, network_config: { base_url: mock.url } } } }),
  );
  const child = await startChild({
    name: "bifrost",
    command: join(directory, "bifrost-http"),
    args: ["-host", "127.0.0.1", "-port", String(port), "-app-dir", data, "-log-level", "error"],
    ready: `http://127.0.0.1:${port}/health`,
  });
  return {
    ...child,
    version: `bifrost-http ${VERSION}`,
    request: chatRequest({}, `openai/${MODEL}`),
    ...OPENAI_STREAM,
  };
}
