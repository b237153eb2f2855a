import { startChild } from "../../harness/child.ts";
import { versionOf } from "../../harness/machine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

/** The engine's settings for the Workers that the runtime is compared with: its own. */
export const COMPATIBILITY = { compatibilityDate: "2026-10-22", compatibilityFlags: [] };

/** A Worker that only forwards requests: the cost of the engine, and the unit of all ratios. */
export async function bareProxy(mock: MockProcess): Promise<Target> {
  const child = await startChild({
    name: "bare proxy",
    command: process.execPath,
    args: ["load/bench/targets/bare-proxy-host.ts"],
    env: { UPSTREAM: mock.url },
    ready: /ready on (\S+)/,
  });
  return {
    ...child,
    name: "bare proxy",
    version: `workerd ${versionOf("workerd")}`,
    request: chatRequest({ authorization: "Bearer bench" }),
    ...OPENAI_STREAM,
  };
}
