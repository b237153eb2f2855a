import { type Lane, LANES } from "../../../src/domain/lane.ts";
import { percentile } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";

/** One answer, as its caller saw it. Times in ms of `performance.now()`. */
export interface Seen {
  lane: Lane;
  /** 0 where the connection broke, or nothing came for a minute. */
  status: number;
  /** The answer says when to come back. */
  retryAfter: boolean;
  began: number;
  ended: number;
}

/** A load: so many calls a millisecond for so long, whatever becomes of them. */
export interface Offer {
  key: string;
  perMs: number;
  forMs: number;
  /** The addresses of the isolates, which are called in turns; resolves once there are some. */
  urls: () => Promise<string[]> | string[];
}

/** The prompt that all ask for. */
export const PROMPT = {
  name: "proof",
  model: "gpt-4o-mini",
  template: "Say hello to {{ who }}.",
  variables: { who: { type: "string" } },
};

const SHARES: Record<Lane, number> = { high: 0.1, standard: 0.7, batch: 0.2 };
/** Longer than any execution may take: who has heard nothing by then never will. Milliseconds. */
const HANGS_AFTER_MS = 60_000;

/** Sends calls at a steady rate and waits for all answers; what went wrong is in what is given. Rejects only where `urls` does. */
export async function offer({ key, perMs, forMs, urls }: Offer): Promise<Seen[]> {
  const seen: Promise<Seen>[] = [];
  const began = performance.now();
  for (let count = 0; count < perMs * forMs; count++) {
    const due = began + count / perMs - performance.now();
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
    const isolates = await urls();
    seen.push(execute(isolates[count % isolates.length] ?? "", key, laneAt(count), count));
  }
  return Promise.all(seen);
}

async function execute(url: string, key: string, lane: Lane, count: number): Promise<Seen> {
  const began = performance.now();
  const seen = { lane, status: 0, retryAfter: false, began, ended: 0 };
  try {
    const response = await fetch(`${url}/v1/executions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ prompt: "proof", variables: { who: `caller ${count}` }, priority: lane, cache: false }),
      signal: AbortSignal.timeout(HANGS_AFTER_MS),
    });
    await response.arrayBuffer();
    seen.status = response.status;
    seen.retryAfter = Number(response.headers.get("retry-after")) > 0;
  } catch {
    // Status 0 says it.
  }
  return { ...seen, ended: performance.now() };
}

/** Lanes in their shares, evenly mixed. */
function laneAt(count: number): Lane {
  const at = (count * 0.618_034) % 1;
  return at < SHARES.high ? "high" : at < SHARES.high + SHARES.batch ? "batch" : "standard";
}

/** What callers were answered, lane by lane. */
export function lanesTable(seen: readonly Seen[]): string {
  const rows = LANES.map((lane) => {
    const own = seen.filter((each) => each.lane === lane);
    const good = own.filter(({ status }) => status === 200).map(({ began, ended }) => ended - began);
    const turnedAway = own.filter(({ status }) => status === 429).length;
    const others = own.map(({ status }) => status).filter((status) => status !== 200 && status !== 429);
    const failed = others.length === 0 ? "0" : `${others.length} (${[...new Set(others)].join(", ")})`;
    const at = (p: number) => percentile(good, p).toFixed(0);
    return [lane, `${own.length}`, `${good.length}`, `${turnedAway}`, failed, at(50), at(99), at(100)];
  });
  return table([["lane", "asked", "served", "turned away", "failed", "p50 ms", "p99 ms", "max ms"], ...rows]);
}
