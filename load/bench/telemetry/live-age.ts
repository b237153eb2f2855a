import { setTimeout as sleep } from "node:timers/promises";
import { publishJson } from "../../../scripts/tenant.ts";
import { runClosedLoop } from "../../harness/closed-loop.ts";
import type { EdgeProcess } from "../../harness/edge.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { textPrompt } from "../../harness/text-prompt.ts";

const PROMPT = textPrompt("live", 0.2);
const CONNECTIONS = 4;
/** Every isolate knows by then that somebody watches. */
const KNOWN_MS = 6_000;
/** How long after the load its last executions may take to be seen. */
const SEEN_MS = 3_000;

/** When the stream said that a number of executions had ended, in all. */
interface Sighting {
  at: number;
  executions: number;
}

/** How long after its end each execution was seen in a live stream, ms: two isolates under load. */
export async function measureAges(durationMs: number): Promise<number[]> {
  const vars = { EXECUTOR_CONCURRENCY: "1000", TENANT_RATE_PER_S: "100000", TENANT_BURST: "100000" };
  return withLocalStack({ isolates: 2, vars }, async ({ edge }) => {
    await publishJson(edge.url, edge.key, PROMPT);
    const sightings: Sighting[] = [];
    const leave = new AbortController();
    const reading = readLive(edge, sightings, leave.signal);
    await load(edge, KNOWN_MS);
    await sleep(SEEN_MS);
    const before = sightings.at(-1)?.executions ?? 0;
    const ends = await load(edge, durationMs);
    await sleep(SEEN_MS);
    leave.abort();
    await reading;
    return ends.map((end, index) => {
      const seen = sightings.find(({ executions }) => executions >= before + index + 1);
      if (!seen) throw new Error(`execution ${index + 1} of ${ends.length} was never seen in the stream`);
      return seen.at - end;
    });
  });
}

/** Executes on each isolate. Returns when the executions ended, in order. */
async function load(edge: EdgeProcess, durationMs: number): Promise<number[]> {
  const ends: number[] = [];
  const loops = edge.urls.map(async (url, isolate) =>
    runClosedLoop({
      url,
      connections: CONNECTIONS,
      durationMs,
      request: (n) => ({
        path: "/v1/executions",
        headers: { authorization: `Bearer ${edge.key}`, "content-type": "application/json" },
        body: JSON.stringify({ prompt: PROMPT.name, variables: { text: `${isolate} ${durationMs} ${n}` } }),
      }),
      answer: /"status":"succeeded"/,
      onHeaders: () => ends.push(performance.now()),
    }),
  );
  for (const { failed, failure } of await Promise.all(loops)) if (failed > 0) throw new Error(failure ?? "failed");
  return ends.toSorted((a, b) => a - b);
}

async function readLive(edge: EdgeProcess, sightings: Sighting[], signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${edge.key}` };
  const { body } = await fetch(`${edge.url}/v1/metrics/live`, { headers, signal });
  let [text, executions] = ["", 0];
  try {
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (text + chunk).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const [, data] = /^event: update\ndata: (.*)$/.exec(event) ?? [];
        executions += data === undefined ? 0 : (JSON.parse(data) as { executions: number }).executions;
        sightings.push({ at: performance.now(), executions });
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
