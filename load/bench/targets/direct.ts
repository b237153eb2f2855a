import type { MockProcess } from "../../harness/mock.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

/** The provider without anything in front: what the latency of every other target is compared with. */
export function direct(mock: MockProcess): Target {
  return {
    name: "direct",
    version: "mock provider",
    url: mock.url,
    pid: null,
    request: chatRequest({ authorization: "Bearer bench" }),
    ...OPENAI_STREAM,
    stop: async () => undefined,
  };
}
