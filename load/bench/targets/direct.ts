import type { MockProcess } from "../../harness/mock.ts";
import { chatRequest, OPENAI_STREAM, type Target } from "./target.ts";

/** The provider alone. Its latency is subtracted from that of the other targets. */
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
