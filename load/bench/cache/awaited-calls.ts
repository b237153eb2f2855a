import { setTimeout as sleep } from "node:timers/promises";
import { awaitedCallsOf, mostCommonCalls, type ReplySample } from "./samples.ts";
import { executionRequest, FIRST_AWAITED, storedText, type WarmEdge } from "./sources.ts";

/** A kind of execution, and how many backend calls its client may wait for. */
interface ExecutionKind {
  name: string;
  /** The header `x-pbt-cache` that every reply must have. */
  cache: string;
  /** Null where no number is promised. */
  most: number | null;
  /** The number of samples of each sort, plain and delayed; 25 when absent. */
  samples?: number;
  send(n: number): Promise<Response>;
}

/** The measurements of one kind of execution. */
export interface AwaitedCalls {
  name: string;
  samples: number;
  /** The share of replies with the expected `x-pbt-cache`. */
  as_expected: number;
  /** The calls that most replies had begun, in words. */
  begun: string;
  /** How many backend calls, one after the other, the client waits for. */
  awaited: number;
  /** How many it may wait for; null where no number is promised. */
  most: number | null;
}

/** The delay of each backend call, milliseconds: less than a tier's time-out. */
export const DELAY_MS = 50;
const SAMPLES = 25;
const STALE_SAMPLES = 7;
/**
 * The age from which a pointer is refreshed behind the reply, milliseconds. The counted deployment
 * must be started with it.
 */
export const POINTER_FRESH_MS = 1_000;
/** Half a call: the noise of the machine stays below it. */
const TOLERANCE = 0.5;

/** Sends single requests to the counted deployment, every second one with delayed backend calls. */
export async function measureAwaitedCalls(counted: WarmEdge): Promise<AwaitedCalls[]> {
  const measured: AwaitedCalls[] = [];
  for (const kind of executionKinds(counted)) measured.push(await measureKind(kind));
  return measured;
}

/** Whether clients wait for no more calls than promised, and all replies were as expected. */
export function keepsPromise({ awaited, most, as_expected }: AwaitedCalls): boolean {
  return as_expected === 1 && (most === null || awaited < most + TOLERANCE);
}

function executionKinds({ urls, url, key }: WarmEdge): ExecutionKind[] {
  const isolate = urls[1] ?? url;
  const run = Date.now();
  let nextStored = FIRST_AWAITED;
  let fresh = 0;
  const send = async (text: string, headers: Record<string, string> = {}, options: object = {}) => {
    const { path, ...request } = executionRequest(key, text, headers, options);
    return fetch(isolate + path, { method: "POST", ...request });
  };
  /** Headers that delay every second request. */
  const delay = (n: number): Record<string, string> => (n % 2 === 1 ? { "x-bench-delay-ms": String(DELAY_MS) } : {});
  const noEdge = { "x-bench-edge": "off" };
  const bypass = { cache: "bypass", most: 0 };
  const memory = { cache: "hit; memory", most: 0 };
  return [
    { ...memory, name: "memory hit", send: async (n) => send(storedText(0), delay(n)) },
    {
      ...memory,
      name: "memory hit, stale pointer",
      samples: STALE_SAMPLES,
      async send(n) {
        await sleep(n < 0 ? 0 : POINTER_FRESH_MS * 1.1);
        return send(storedText(0), delay(n));
      },
    },
    { name: "edge hit", cache: "hit; edge", most: 1, send: async (n) => send(storedText(nextStored++), delay(n)) },
    {
      name: "kv hit",
      cache: "hit; kv",
      most: 1,
      send: async (n) => send(storedText(nextStored++), { ...delay(n), ...noEdge }),
    },
    { ...bypass, name: "cache: false", send: async (n) => send(storedText(n), delay(n), { cache: false }) },
    {
      name: "miss, leader",
      cache: "miss",
      most: null,
      send: async (n) => send(`Dissected ${run} ${++fresh}`, delay(n)),
    },
    {
      ...bypass,
      name: "cache: false, Idempotency-Key",
      most: null,
      send: async (n) => send(storedText(n), { ...delay(n), "idempotency-key": `${run}-${++fresh}` }, { cache: false }),
    },
  ];
}

async function measureKind(kind: ExecutionKind): Promise<AwaitedCalls> {
  const { name, cache: expected, most, samples = SAMPLES } = kind;
  const [plain, delayed]: [ReplySample[], ReplySample[]] = [[], []];
  let matching = 0;
  for (let warmUp = -4; warmUp < 0; warmUp++) await (await kind.send(2 * warmUp)).text();
  for (let n = 0; n < 2 * samples; n++) {
    const { sample, cache } = await takeSample(await kind.send(n));
    (n % 2 === 1 ? delayed : plain).push(sample);
    if (cache === expected) matching++;
  }
  const awaited = awaitedCallsOf(plain, delayed, DELAY_MS);
  return { name, samples, as_expected: matching / (2 * samples), begun: mostCommonCalls(plain), awaited, most };
}

async function takeSample(response: Response): Promise<{ sample: ReplySample; cache: string | null }> {
  await response.text();
  const calls = response.headers.get("x-bench-calls");
  if (!response.ok || calls === null) throw new Error(`the counted Worker answered ${response.status}`);
  const ms = Number(response.headers.get("x-bench-ms"));
  const begun = JSON.parse(calls) as ReplySample["begun"];
  return { sample: { ms, begun }, cache: response.headers.get("x-pbt-cache") };
}
