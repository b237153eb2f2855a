import { join } from "node:path";
import { BARE_WORKER, startEngine } from "../../harness/engine/start-engine.ts";
import { versionOf } from "../../harness/machine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { COMPATIBILITY } from "./bare-proxy.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

/** The bare proxy on the engine alone. */
export async function bareProxyEngine(mock: MockProcess): Promise<Target> {
  return workerTarget("bare proxy", "bare-proxy-worker.js", mock);
}

/** The floor Worker: the least of the work that a gateway cannot do without. */
export async function floorWorker(mock: MockProcess): Promise<Target> {
  return workerTarget("floor", "floor-worker.js", mock);
}

async function workerTarget(name: string, script: string, mock: MockProcess): Promise<Target> {
  const child = await startEngine(name, {
    ...BARE_WORKER,
    ...COMPATIBILITY,
    script: join(import.meta.dirname, script),
    vars: { UPSTREAM: mock.url },
  });
  return {
    ...child,
    version: `workerd ${versionOf("workerd")}`,
    request: chatRequest({ authorization: "Bearer bench" }),
    ...OPENAI_STREAM,
  };
}
