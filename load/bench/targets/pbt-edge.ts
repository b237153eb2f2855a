import { publishJson } from "../../../scripts/tenant.ts";
import { startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import type { Target } from "./target.ts";

const PROMPT = textPrompt("bench", 0.2);

/**
 * The runtime with all of its features. It executes a stored prompt, so beside proxying it
 * authenticates, resolves, renders, prices and records.
 */
export async function pbtEdge(mock: MockProcess): Promise<Target> {
  // The other targets do not limit concurrency, and the default limit is below the connections of
  // this bench.
  const edge = await startEdge(mock, { vars: { EXECUTOR_CONCURRENCY: "1000" } });
  await publishJson(edge.url, edge.key, PROMPT);
  const headers = { authorization: `Bearer ${edge.key}`, "content-type": "application/json" };
  return {
    ...edge,
    version: describeMachine().commit ?? "working tree",
    request: (text, stream) => ({
      path: "/v1/executions",
      headers,
      body: JSON.stringify({ prompt: PROMPT.name, variables: { text }, ...(stream ? { stream: true } : {}) }),
    }),
    firstToken: /event: delta/,
    streamEnd: /event: done/,
  };
}
