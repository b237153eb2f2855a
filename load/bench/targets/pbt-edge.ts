import { startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { MODEL, type Target } from "./target.ts";

const PROMPT = "bench";

/** The runtime itself with everything on: a stored prompt is executed, so it authenticates, resolves, renders, prices and records besides proxying. */
export async function pbtEdge(mock: MockProcess): Promise<Target> {
  // None of the others has a cap on calls at a time, and the bench opens more connections than the default allows.
  const edge = await startEdge(mock, { vars: { EXECUTOR_CONCURRENCY: "1000" } });
  const headers = { authorization: `Bearer ${edge.key}`, "content-type": "application/json" };
  const published = await fetch(`${edge.url}/v1/prompts/${PROMPT}`, {
    method: "PUT",
    headers,
    body: JSON.stringify({
      name: PROMPT,
      model: MODEL,
      template: "{{ text }}",
      variables: { text: { type: "string", required: true } },
      settings: { temperature: 0.2, max_tokens: 200 },
    }),
  });
  if (!published.ok) throw new Error(`the prompt was refused: ${published.status} ${await published.text()}`);
  await published.body?.cancel();
  return {
    ...edge,
    version: describeMachine().commit ?? "working tree",
    request: (text, stream) => ({
      path: "/v1/executions",
      headers,
      body: JSON.stringify({ prompt: PROMPT, variables: { text }, ...(stream ? { stream: true } : {}) }),
    }),
    firstToken: /event: delta/,
    streamEnd: /event: done/,
  };
}
