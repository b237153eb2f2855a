import { type Asked, type Caller, execute, type Seen } from "../../harness/execution.ts";
import type { EdgeProcess } from "../../harness/edge.ts";

/** How many ask at once. */
export const CALLERS = 200;
/** The prompt that all ask for. */
export const PROMPT = "flight-proof";

/** One way in which many ask the same at once, and what has to come of it. */
export interface Case {
  name: string;
  /** Calls that the provider has to see. */
  calls: number;
  run(stage: Stage): Promise<Flown>;
}

/** What a case acts on. `text` is its own, so that no case is answered from another's. */
export interface Stage {
  edge: Pick<EdgeProcess, "urls" | "key">;
  otherKey: string;
  text: string;
}

/** What came of it. */
export interface Flown {
  /** The callers who have to be answered, whole and alike. */
  others: Seen[];
  /** One who went first, where that is known. */
  first?: Seen;
  /** What is wrong beside their answers; empty where nothing is. */
  faults: string[];
}

/** All cases, each after the pattern: who asks, who leaves, what must be. */
export const CASES: Case[] = [
  {
    name: "all at once",
    calls: 1,
    run: async (stage) => ({ others: await crowd(stage, CALLERS), faults: [] }),
  },
  {
    name: "behind a streamed leader",
    calls: 1,
    async run(stage) {
      const first = execute(callerOf(stage, 0), asked(stage, { stream: true }));
      await pause(HEAD_START_MS);
      const others = await crowd(stage, CALLERS - 1);
      return { first: await first, others, faults: wholeAndPaying(await first) };
    },
  },
  {
    name: "joining in mid-stream",
    calls: 1,
    async run(stage) {
      const { first, begun } = streamedFirst(stage);
      await begun;
      const others = await crowd(stage, CALLERS - 1);
      return { first: await first, others, faults: wholeAndPaying(await first) };
    },
  },
  {
    name: "streamed leader leaves in mid-stream",
    calls: 1,
    async run(stage) {
      const leaving = new AbortController();
      const { first, begun } = streamedFirst(stage, leaving.signal);
      await begun;
      const others = crowd(stage, CALLERS - 1);
      await pause(HEAD_START_MS);
      leaving.abort(new Error("left"));
      return { first: await first, others: await others, faults: await leftAndPaid(stage, await first) };
    },
  },
  {
    name: "whole leader leaves before the answer",
    calls: 1,
    async run(stage) {
      const leaving = new AbortController();
      const first = execute(callerOf(stage, 0), asked(stage, {}), { signal: leaving.signal });
      await pause(HEAD_START_MS);
      const others = crowd(stage, CALLERS - 1);
      await pause(HEAD_START_MS);
      leaving.abort(new Error("left"));
      return { first: await first, others: await others, faults: (await first).complete ? ["nobody left"] : [] };
    },
  },
  {
    name: "half in another tenant",
    calls: 2,
    async run(stage) {
      const theirs = { ...stage, edge: { ...stage.edge, key: stage.otherKey } };
      const [ours, other] = await Promise.all([crowd(stage, CALLERS / 2), crowd(theirs, CALLERS / 2)]);
      const payers = [ours, other].map((half) => half.filter(isMiss).length);
      const faults = payers.every((count) => count === 1) ? [] : [`callers who paid, by tenant: ${payers.join(", ")}`];
      return { others: [...ours, ...other], faults };
    },
  },
  {
    name: "leader's own time-out (timeout_ms)",
    calls: 2,
    async run(stage) {
      const first = execute(callerOf(stage, 0), asked(stage, { stream: true, timeout_ms: LEADERS_TIMEOUT_MS }));
      await pause(HEAD_START_MS);
      const others = await crowd(stage, CALLERS - 1);
      const { status, error } = await first;
      const faults = status === 504 && error === "timeout" ? [] : [`the leader was told ${status} ${String(error)}`];
      return { first: await first, others, faults };
    },
  },
];

/** Time for one to lead before the others come: less than the provider takes. Milliseconds. */
const HEAD_START_MS = 300;
const WARM_UP_TURNS = 10;
const WARM_UP_CALLERS = 24;
/** Before the provider's first token. Milliseconds. */
const LEADERS_TIMEOUT_MS = 700;

/** Whether an answer came from a call of its own. */
export function isMiss({ cache }: Seen): boolean {
  return cache === "miss";
}

/** Lets every isolate compile its hot code and learn the prompt, the keys and both tenants. */
export async function warmUp(stage: Stage): Promise<void> {
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    for (const key of [stage.edge.key, stage.otherKey]) {
      await crowd({ ...stage, edge: { ...stage.edge, key }, text: `Warm-up ${turn}.` }, WARM_UP_CALLERS);
    }
  }
}

/** Many identical requests at once, one after the other to each isolate, every second one streamed. */
async function crowd(stage: Stage, many: number): Promise<Seen[]> {
  return Promise.all(
    Array.from({ length: many }, (_, n) => execute(callerOf(stage, n), asked(stage, { stream: (n >> 1) % 2 === 0 }))),
  );
}

function callerOf({ edge }: Stage, n: number): Caller {
  return { url: edge.urls[n % edge.urls.length] ?? "", key: edge.key };
}

function asked({ text }: Stage, more: Partial<Asked>): Asked {
  return { prompt: PROMPT, variables: { text }, ...more };
}

function streamedFirst(stage: Stage, signal?: AbortSignal): { first: Promise<Seen>; begun: Promise<void> } {
  const { promise: begun, resolve: onDelta } = Promise.withResolvers<void>();
  const first = execute(callerOf(stage, 0), asked(stage, { stream: true }), { signal, onDelta });
  void first.then(() => onDelta());
  return { first, begun };
}

function wholeAndPaying(first: Seen): string[] {
  return first.complete && isMiss(first) ? [] : [`the leader: ${first.status} ${first.cache} ${String(first.error)}`];
}

/** The one who left has led, and its execution ran to its end and is on its tenant's bill. */
async function leftAndPaid(stage: Stage, first: Seen): Promise<string[]> {
  if (first.complete || !isMiss(first)) return [`the leader did not leave: ${first.status} ${first.cache}`];
  const { url, key } = callerOf(stage, 1);
  const response = await fetch(`${url}/v1/executions/${first.id}`, { headers: { authorization: `Bearer ${key}` } });
  const { status, cost_usd: cost } = (await response.json()) as { status?: string; cost_usd?: number };
  return status === "succeeded" && (cost ?? 0) > 0 ? [] : [`the leader's record: ${status}, ${cost} USD`];
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
