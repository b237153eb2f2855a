import { setTimeout as sleep } from "node:timers/promises";
import { type Lane, LANES } from "../../../src/domain/lane.ts";
import { percentile } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";

/** One request as its client observed it. Times in milliseconds of `performance.now()`. */
export interface ClientResult {
  lane: Lane;
  /** 0 where the connection broke or no answer came within a minute. */
  status: number;
  /** Whether the answer has a positive `Retry-After`. */
  retryAfter: boolean;
  began: number;
  ended: number;
}

/** An open loop: requests at a steady rate, whether or not earlier ones were answered. */
export interface OfferedLoad {
  key: string;
  perMs: number;
  forMs: number;
  /** The addresses of the isolates, which are called in turns. May wait until there are some. */
  urls: () => Promise<string[]> | string[];
  /** Where the requests to each isolate come in; nowhere where absent. */
  continents?: readonly string[];
}

/** The prompt of every request. */
export const PROMPT = {
  name: "proof",
  model: "gpt-4o-mini",
  template: "Say hello to {{ who }}.",
  variables: { who: { type: "string" } },
};

const SHARES: Record<Lane, number> = { high: 0.1, standard: 0.7, batch: 0.2 };
/** Longer than any execution may take. */
const CLIENT_TIMEOUT_MS = 60_000;

/**
 * Sends requests at the offered rate and resolves when all are answered. Failures are in the
 * results; rejects only where `urls` does.
 */
export async function offerLoad({ key, perMs, forMs, urls, continents = [] }: OfferedLoad): Promise<ClientResult[]> {
  const results: Promise<ClientResult>[] = [];
  const began = performance.now();
  for (let count = 0; count < perMs * forMs; count++) {
    const due = began + count / perMs - performance.now();
    if (due > 1) await sleep(due);
    const isolates = await urls();
    const isolate = count % isolates.length;
    const origin = continents[isolate % continents.length];
    const headers = { authorization: `Bearer ${key}`, ...(origin && { "x-proof-continent": origin }) };
    results.push(execute(isolates[isolate] ?? "", headers, laneAt(count), count));
  }
  return Promise.all(results);
}

async function execute(url: string, headers: Record<string, string>, lane: Lane, count: number): Promise<ClientResult> {
  const result = { lane, status: 0, retryAfter: false, began: performance.now() };
  const body = { prompt: PROMPT.name, variables: { who: `caller ${count}` }, priority: lane, cache: false };
  try {
    const response = await fetch(`${url}/v1/executions`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    result.status = response.status;
    result.retryAfter = Number(response.headers.get("retry-after")) > 0;
  } catch {
    // The status stays 0.
  }
  return { ...result, ended: performance.now() };
}

/** The lanes in their shares, evenly mixed (multiples of the golden ratio). */
function laneAt(count: number): Lane {
  const at = (count * 0.618_034) % 1;
  return at < SHARES.high ? "high" : at < SHARES.high + SHARES.batch ? "batch" : "standard";
}

/** A table of the answers, one row a lane. */
export function lanesTable(results: readonly ClientResult[]): string {
  const rows = LANES.map((lane) => {
    const own = results.filter((each) => each.lane === lane);
    const times = own.filter(({ status }) => status === 200).map(({ began, ended }) => ended - began);
    const refused = own.filter(({ status }) => status === 429).length;
    const others = own.map(({ status }) => status).filter((status) => status !== 200 && status !== 429);
    const failed = others.length === 0 ? "0" : `${others.length} (${[...new Set(others)].join(", ")})`;
    const at = (p: number) => percentile(times, p).toFixed(0);
    return [lane, `${own.length}`, `${times.length}`, `${refused}`, failed, at(50), at(99), at(100)];
  });
  return table([["lane", "requests", "served", "429", "failed", "p50 ms", "p99 ms", "max ms"], ...rows]);
}
