import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../../harness/child.ts";
import { freePort } from "../../harness/free-port.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { installProgram } from "../../harness/install-program.ts";
import { chatRequest, MODEL, OPENAI_STREAM, type Target } from "./target.ts";

const VERSION = "1.106.2";
const KEY = "sk-bench";
/** Its Python imports take many seconds on a small machine. */
const START_TIMEOUT_MS = 120_000;

/**
 * LiteLLM's proxy (PyPI: litellm[proxy]) with one worker process, a master key, no database, and
 * the price table of the package.
 */
export async function litellm(mock: MockProcess): Promise<Target> {
  const directory = await installProgram("litellm", VERSION, [
    { command: "python3", args: ["-m", "venv", "DIR/venv"] },
    {
      command: "DIR/venv/bin/pip",
      args: ["install", "--quiet", "--disable-pip-version-check", `litellm[proxy]==${VERSION}`],
    },
  ]);
  const port = await freePort();
  const config = join(directory, `config-${port}.json`);
  const params = { model: `openai/${MODEL}`, api_base: mock.openaiBaseUrl, api_key: "bench" };
  // The file may be JSON, because JSON is YAML.
  writeFileSync(config, JSON.stringify({ model_list: [{ model_name: MODEL, litellm_params: params }] }));
  const child = await startChild({
    name: "litellm",
    command: join(directory, "venv/bin/litellm"),
    args: ["--config", config, "--host", "127.0.0.1", "--port", String(port), "--telemetry", "False"],
    env: {
      LITELLM_MASTER_KEY: KEY,
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
      LITELLM_LOG: "ERROR",
      LITELLM_MODE: "PRODUCTION",
    },
    ready: `http://127.0.0.1:${port}/health/liveliness`,
    timeoutMs: START_TIMEOUT_MS,
  });
  return {
    ...child,
    version: `litellm ${VERSION}, 1 worker`,
    request: chatRequest({ authorization: `Bearer ${KEY}` }),
    ...OPENAI_STREAM,
  };
}
