import { ask, storedText, type Warm } from "./subjects.ts";
import { type Sample, usuallyBegun, waitsOf } from "./waits.ts";

/** One way of being answered, and how many backend calls its caller may wait for; null where nothing is promised. */
interface Way {
  name: string;
  called: string;
  most: number | null;
  ask(n: number): Promise<Response>;
}

/** What was found of a way. */
export interface Dissection {
  name: string;
  samples: number;
  as_called: number;
  begun: string;
  waits: number;
  most: number | null;
}

/** What each backend call of a delayed request waits for, milliseconds: under the time after which a tier is given up. */
export const DELAY_MS = 50;
const SAMPLES = 25;
/** Beyond it a pointer is read anew behind the reply; the counted deployment is started with this. Milliseconds. */
export const POINTER_FRESH_MS = 1_000;
/** Half a delay: what the machine's own noise may not reach. */
const TOLERANCE = 0.5;

/** Asks the counted deployment one request at a time, with and without the delay in turns. */
export async function dissect(counted: Warm): Promise<Dissection[]> {
  const found: Dissection[] = [];
  for (const way of waysOf(counted)) found.push(await dissectOne(way));
  return found;
}

/** Whether nobody waited for more than was promised, and all was measured where it was meant to be. */
export function holds({ waits, most, as_called }: Dissection): boolean {
  return as_called === 1 && (most === null || waits < most + TOLERANCE);
}

function waysOf({ urls, url, key }: Warm): Way[] {
  const at = urls[1] ?? url;
  const run = Date.now();
  let stored = 1_000;
  let fresh = 0;
  const send = async (text: string, headers: Record<string, string> = {}, more: object = {}) => {
    const { path, ...request } = ask(key, text, headers, more);
    return fetch(at + path, { method: "POST", ...request });
  };
  /** `send` with the delay for every second one. */
  const turns = (n: number): Record<string, string> => (n % 2 === 1 ? { "x-bench-delay-ms": String(DELAY_MS) } : {});
  const off = { "x-bench-edge": "off" };
  return [
    { name: "memory hit", called: "hit; memory", most: 0, ask: async (n) => send(storedText(0), turns(n)) },
    {
      name: "memory hit, stale pointer",
      called: "hit; memory",
      most: 0,
      async ask(n) {
        await pause(n < 0 ? 0 : POINTER_FRESH_MS * 1.1);
        return send(storedText(0), turns(n));
      },
    },
    { name: "edge hit", called: "hit; edge", most: 1, ask: async (n) => send(storedText(stored++), turns(n)) },
    {
      name: "kv hit",
      called: "hit; kv",
      most: 1,
      ask: async (n) => send(storedText(stored++), { ...turns(n), ...off }),
    },
    {
      name: "cache: false",
      called: "bypass",
      most: 0,
      ask: async (n) => send(storedText(n), turns(n), { cache: false }),
    },
    {
      name: "miss, leading",
      called: "miss",
      most: null,
      ask: async (n) => send(`Dissected ${run} ${++fresh}`, turns(n)),
    },
    {
      name: "cache: false, Idempotency-Key",
      called: "bypass",
      most: null,
      ask: async (n) => send(storedText(n), { ...turns(n), "idempotency-key": `${run}-${++fresh}` }, { cache: false }),
    },
  ];
}

async function dissectOne(way: Way): Promise<Dissection> {
  const { name, called, most } = way;
  const samples = name.includes("stale") ? 7 : SAMPLES;
  const [plain, delayed]: [Sample[], Sample[]] = [[], []];
  let asCalled = 0;
  for (let warm = -4; warm < 0; warm++) await (await way.ask(2 * warm)).text();
  for (let n = 0; n < 2 * samples; n++) {
    const { sample, cache } = await timed(async () => way.ask(n));
    (n % 2 === 1 ? delayed : plain).push(sample);
    if (cache === called) asCalled++;
  }
  const waits = waitsOf(plain, delayed, DELAY_MS);
  return { name, samples, as_called: asCalled / (2 * samples), begun: usuallyBegun(plain), waits, most };
}

async function timed(send: () => Promise<Response>): Promise<{ sample: Sample; cache: string | null }> {
  const response = await send();
  await response.text();
  const calls = response.headers.get("x-bench-calls");
  if (!response.ok || calls === null) throw new Error(`the counted Worker answered ${response.status}`);
  const ms = Number(response.headers.get("x-bench-ms"));
  return { sample: { ms, begun: JSON.parse(calls) as Sample["begun"] }, cache: response.headers.get("x-pbt-cache") };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
