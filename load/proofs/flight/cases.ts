import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeProcess } from "../../harness/edge.ts";
import {
  type Endpoint,
  executePrompt,
  type ExecutionRequest,
  type ObservedExecution,
} from "../../harness/execution.ts";

/** The number of clients in a case. */
export const CLIENTS = 200;
/** The name of the prompt that all of them execute. */
export const PROMPT = "flight-proof";

/** One way in which many clients send the same request at once. */
export interface FlightCase {
  name: string;
  /** The number of provider calls that are promised. */
  calls: number;
  run(setup: CaseSetup): Promise<CaseOutcome>;
}

/** What a case acts on. */
export interface CaseSetup {
  edge: Pick<EdgeProcess, "urls" | "key">;
  /** A key of another tenant. */
  otherKey: string;
  /** The input of the case. No two cases share it, so none is answered from another's cache. */
  text: string;
}

/** The observations of a case. */
export interface CaseOutcome {
  /** The clients whose answers must be complete and equal. */
  answers: ObservedExecution[];
  /** The client that came first, where it is known. */
  leader?: ObservedExecution;
  /** Faults beside those in the answers. */
  faults: string[];
}

/** All cases in the order of the report. */
export const CASES: FlightCase[] = [
  {
    name: "all at once",
    calls: 1,
    run: async (setup) => ({ answers: await sendCrowd(setup, CLIENTS), faults: [] }),
  },
  {
    name: "behind a streamed leader",
    calls: 1,
    async run(setup) {
      const leading = executePrompt(endpointOf(setup, 0), requestOf(setup, { stream: true }));
      await sleep(HEAD_START_MS);
      const answers = await sendCrowd(setup, CLIENTS - 1);
      const leader = await leading;
      return { leader, answers, faults: completeMiss(leader) };
    },
  },
  {
    name: "joining in mid-stream",
    calls: 1,
    async run(setup) {
      const { leading, began } = streamLeader(setup);
      await began;
      const answers = await sendCrowd(setup, CLIENTS - 1);
      const leader = await leading;
      return { leader, answers, faults: completeMiss(leader) };
    },
  },
  {
    name: "streamed leader leaves in mid-stream",
    calls: 1,
    async run(setup) {
      const leaving = new AbortController();
      const { leading, began } = streamLeader(setup, leaving.signal);
      await began;
      const followers = sendCrowd(setup, CLIENTS - 1);
      await sleep(HEAD_START_MS);
      leaving.abort(new Error("left"));
      const leader = await leading;
      return { leader, answers: await followers, faults: await leftAndCharged(setup, leader) };
    },
  },
  {
    name: "whole leader leaves before the answer",
    calls: 1,
    async run(setup) {
      const leaving = new AbortController();
      const leading = executePrompt(endpointOf(setup, 0), requestOf(setup, {}), { signal: leaving.signal });
      await sleep(HEAD_START_MS);
      const followers = sendCrowd(setup, CLIENTS - 1);
      await sleep(HEAD_START_MS);
      leaving.abort(new Error("left"));
      const leader = await leading;
      return { leader, answers: await followers, faults: leader.complete ? ["the leader did not leave"] : [] };
    },
  },
  {
    name: "half in another tenant",
    calls: 2,
    async run(setup) {
      const otherSetup = { ...setup, edge: { ...setup.edge, key: setup.otherKey } };
      const halves = await Promise.all([setup, otherSetup].map((each) => sendCrowd(each, CLIENTS / 2)));
      const misses = halves.map((half) => half.filter(isMiss).length);
      const faults = misses.every((count) => count === 1) ? [] : [`misses by tenant: ${misses.join(", ")}`];
      return { answers: halves.flat(), faults };
    },
  },
  {
    name: "leader's own time-out (timeout_ms)",
    calls: 2,
    async run(setup) {
      const request = requestOf(setup, { stream: true, timeout_ms: LEADER_TIMEOUT_MS });
      const leading = executePrompt(endpointOf(setup, 0), request);
      await sleep(HEAD_START_MS);
      const answers = await sendCrowd(setup, CLIENTS - 1);
      const leader = await leading;
      const { status, error } = leader;
      const timedOut = status === 504 && error === "timeout";
      return { leader, answers, faults: timedOut ? [] : [`the leader's reply: ${status} ${String(error)}`] };
    },
  },
];

/** The time between the leader and the followers: less than the provider takes. */
const HEAD_START_MS = 300;
const WARM_UP_TURNS = 10;
const WARM_UP_CLIENTS = 24;
/** Ends before the provider's first token. */
const LEADER_TIMEOUT_MS = 700;

/** Whether an answer came from a provider call of its own. */
export function isMiss({ cache }: ObservedExecution): boolean {
  return cache === "miss";
}

/** Lets every isolate compile its hot code and cache the prompt, the keys and both tenants. */
export async function warmUp(setup: CaseSetup): Promise<void> {
  for (let turn = 0; turn < WARM_UP_TURNS; turn++) {
    for (const key of [setup.edge.key, setup.otherKey]) {
      await sendCrowd({ ...setup, edge: { ...setup.edge, key }, text: `Warm-up ${turn}.` }, WARM_UP_CLIENTS);
    }
  }
}

/** Sends identical requests at once, to the isolates in turns, half of them streamed. */
async function sendCrowd(setup: CaseSetup, clients: number): Promise<ObservedExecution[]> {
  return Promise.all(
    Array.from({ length: clients }, (_, n) =>
      executePrompt(endpointOf(setup, n), requestOf(setup, { stream: (n >> 1) % 2 === 0 })),
    ),
  );
}

function endpointOf({ edge }: CaseSetup, n: number): Endpoint {
  return { url: edge.urls[n % edge.urls.length] ?? "", key: edge.key };
}

function requestOf({ text }: CaseSetup, options: Partial<ExecutionRequest>): ExecutionRequest {
  return { prompt: PROMPT, variables: { text }, ...options };
}

/** Starts a streamed leader; `began` resolves at its first piece, or at its end without one. */
function streamLeader(setup: CaseSetup, signal?: AbortSignal) {
  const { promise: began, resolve: onDelta } = Promise.withResolvers<void>();
  const leading = executePrompt(endpointOf(setup, 0), requestOf(setup, { stream: true }), { signal, onDelta });
  void leading.then(() => onDelta());
  return { leading, began };
}

/** The leader's answer must be complete and come from its own call. */
function completeMiss(leader: ObservedExecution): string[] {
  const { status, cache, error, complete } = leader;
  return complete && isMiss(leader) ? [] : [`the leader: ${status} ${cache} ${String(error)}`];
}

/** The leader must have left, and its execution must have succeeded and been charged. */
async function leftAndCharged(setup: CaseSetup, leader: ObservedExecution): Promise<string[]> {
  if (leader.complete || !isMiss(leader)) return [`the leader did not leave: ${leader.status} ${leader.cache}`];
  const { url, key } = endpointOf(setup, 1);
  const response = await fetch(`${url}/v1/executions/${leader.id}`, { headers: { authorization: `Bearer ${key}` } });
  const { status, cost_usd: cost } = (await response.json()) as { status?: string; cost_usd?: number };
  return status === "succeeded" && (cost ?? 0) > 0 ? [] : [`the leader's record: ${status}, ${cost} USD`];
}
