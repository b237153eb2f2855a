import { publishJson } from "../../../scripts/tenant.ts";
import type { Child } from "../../harness/child.ts";
import { startEdge } from "../../harness/edge.ts";
import { type EdgeEngineOptions, startEdgeEngine } from "../../harness/engine/start-engine.ts";
import { describeMachine } from "../../harness/machine.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { chatRequest, isStream, OPENAI_STREAM, type StartTarget, type Target } from "./target.ts";

const PROMPT = textPrompt("bench", 0.2);
/** Its answers may be stored. */
const CACHED_PROMPT = textPrompt("bench-cached", 0);
/** The other targets do not limit concurrency, and the default is below the connections here. */
const VARS = { EXECUTOR_CONCURRENCY: "1000" };

/**
 * The runtime with all of its features. It executes a stored prompt, so beside proxying it
 * authenticates, resolves, renders, prices and records.
 */
export async function pbtEdge(mock: MockProcess): Promise<Target> {
  return asTarget(await startEdge(mock, { vars: VARS }));
}

/** The runtime on the engine alone. */
export async function pbtEdgeEngine(mock: MockProcess, options: EdgeEngineOptions = {}): Promise<Target> {
  return asTarget(await startEdgeEngine(mock, { vars: VARS, ...options }));
}

/**
 * The runtime as a client of OpenAI meets it: its body is relayed, as those of the other gateways
 * are.
 */
export async function pbtEdgeDoor(mock: MockProcess): Promise<Target> {
  return asDoor(await startEdge(mock, { vars: VARS }));
}

/** The same on the engine alone. */
export async function pbtEdgeDoorEngine(mock: MockProcess): Promise<Target> {
  return asDoor(await startEdgeEngine(mock, { vars: VARS }));
}

/** Another build of the runtime on the engine alone. */
export function otherBundle(bundle: string): StartTarget {
  return async (mock) => ({
    ...(await asTarget(await startEdgeEngine(mock, { vars: VARS, bundle }))),
    name: "other bundle",
    version: bundle,
  });
}

async function asTarget(edge: Child & { key: string }): Promise<Target> {
  await publishJson(edge.url, edge.key, PROMPT);
  await publishJson(edge.url, edge.key, CACHED_PROMPT);
  const headers = { authorization: `Bearer ${edge.key}`, "content-type": "application/json" };
  return {
    ...edge,
    version: describeMachine().commit ?? "working tree",
    request: (text, form) => ({
      path: "/v1/executions",
      headers,
      body: JSON.stringify({
        prompt: form === "hit" || form === "miss" ? CACHED_PROMPT.name : PROMPT.name,
        variables: { text },
        ...(isStream(form) ? { stream: true } : {}),
      }),
    }),
    firstToken: /event: delta/,
    streamEnd: /event: done/,
  };
}

function asDoor(edge: Child & { key: string }): Target {
  const plain = chatRequest({ authorization: `Bearer ${edge.key}` });
  const stored = chatRequest({ authorization: `Bearer ${edge.key}`, "x-pbt-cache": "true" });
  return {
    ...edge,
    name: "pbt-edge door",
    version: describeMachine().commit ?? "working tree",
    request: (text, form) => (form === "hit" || form === "miss" ? stored : plain)(text, form),
    ...OPENAI_STREAM,
  };
}
