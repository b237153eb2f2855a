/**
 * `npm run gate:proof`: the provider gate through real HTTP, against the mock that holds each key's limits by an exact sliding window.
 * `limits`: three keys of different limits under twice what they allow, for a minute: no 429 of the provider, and at least 90 % of the limits used.
 * `faults`: one key dead, one slow, one that is always limited, within what is left: at least 99.9 % succeed. `--only limits|faults`, `--isolates N`,
 * `--per-minute N` for another combined limit than 1,800.
 */
import { parseArgs } from "node:util";
import { type Lane, LANES } from "../src/domain/lane.ts";
import { type EdgeProcess, startEdge } from "./harness/edge.ts";
import { type MockProcess, startMock } from "./harness/mock.ts";
import { percentile } from "./harness/numbers.ts";
import { table } from "./harness/table.ts";
import type { StatsSnapshot } from "./mock/call-stats.ts";

/** One answer, as its caller saw it. */
interface Seen {
  lane: Lane;
  status: number;
  ms: number;
}

const MINUTE_MS = 60_000;
const SHARES: Record<Lane, number> = { high: 0.1, standard: 0.7, batch: 0.2 };
const PROMPT =
  "name: proof\nmodel: gpt-4o-mini\ntemplate: Say hello to {{ who }}.\nvariables:\n  who: {type: string}\n";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    isolates: { type: "string", default: "2" },
    "per-minute": { type: "string", default: "1800" },
  },
});
const KEYS = [1, 2, 3].map((share, index) => {
  return { name: "abc".charAt(index), rpm: Math.round((Number(flags["per-minute"]) * share) / 6) };
});
const mock = await startMock();
const edge = await startEdge(mock, { isolates: Number(flags.isolates) });
try {
  if (flags.only !== "faults") await limits();
  if (flags.only !== "limits") await faults();
} finally {
  await edge.stop();
  await mock.stop();
}

async function limits(): Promise<void> {
  const key = await edge.otherTenant();
  for (const { name, rpm } of KEYS) await putKey(edge, key, name, { rpm });
  await mock.profile({ default: { delay_ms: 200 } });
  await mock.limits({ keys: Object.fromEntries(KEYS.map(({ name, rpm }) => [secretOf(name), { rpm }])) });
  const perMinute = KEYS.reduce((sum, { rpm }) => sum + rpm, 0);
  const seen = await offer(edge, key, (2 * perMinute) / MINUTE_MS, MINUTE_MS);
  const stats = await statsOf(mock);
  const calls = KEYS.map(({ name }) => stats.by_key[secretOf(name)]?.calls ?? 0).reduce((sum, count) => sum + count, 0);
  // Who was still waiting when the minute was over was served after it; only a minute's worth counts.
  const used = Math.min(calls, await callsWithin(mock, MINUTE_MS)) / perMinute;
  console.log(`\nlimits: ${perMinute}/min over 3 keys, twice that offered for 60 s through ${flags.isolates} isolates`);
  console.log(
    `429s of the provider ${stats.over_limit}, used ${(used * 100).toFixed(1)} % of the combined limit in the minute`,
  );
  print(seen);
  if (stats.over_limit > 0 || used < 0.9) fail("limits");
}

async function faults(): Promise<void> {
  await mock.limits({});
  const key = await edge.otherTenant();
  for (const name of ["dead", "slow", "limited"]) await putKey(edge, key, name, {});
  await mock.profile({
    default: { delay_ms: 100 },
    keys: {
      [secretOf("dead")]: { status: 500 },
      [secretOf("slow")]: { delay_ms: 1_500 },
      [secretOf("limited")]: { status: 429, retry_after_ms: 5_000 },
    },
  });
  const seen = await offer(edge, key, 20 / 1_000, MINUTE_MS / 2);
  const good = seen.filter(({ status }) => status === 200).length / seen.length;
  console.log(`\nfaults: one key answers 500, one takes 1.5 s, one answers 429; 20 calls a second for 30 s`);
  console.log(`${(good * 100).toFixed(2)} % of ${seen.length} succeeded`);
  print(seen);
  if (good < 0.999) fail("faults");
}

function secretOf(name: string): string {
  return `sk-proof-key-${name}`;
}

async function putKey({ url }: EdgeProcess, key: string, name: string, limits: object): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ api_key: secretOf(name), ...limits });
  const response = await fetch(`${url}/v1/providers/openai/keys/${name}`, { method: "PUT", headers, body });
  if (!response.ok) throw new Error(`the key was not stored: ${await response.text()}`);
  const prompt = { method: "PUT", headers: { ...headers, "content-type": "application/yaml" }, body: PROMPT };
  await (await fetch(`${url}/v1/prompts/proof`, prompt)).body?.cancel();
}

/** Sends calls at a steady rate whatever becomes of them, and waits for all answers. */
async function offer({ urls }: EdgeProcess, key: string, perMs: number, forMs: number): Promise<Seen[]> {
  await fetch(`${mock.url}/__mock/calls`, { method: "DELETE" });
  const seen: Promise<Seen>[] = [];
  const began = performance.now();
  for (let count = 0; count < perMs * forMs; count++) {
    const due = began + count / perMs - performance.now();
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
    seen.push(execute(urls[count % urls.length] ?? "", key, laneAt(count), count));
  }
  return Promise.all(seen);
}

async function execute(url: string, key: string, priority: Lane, count: number): Promise<Seen> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ prompt: "proof", variables: { who: `caller ${count}` }, priority, cache: false });
  const began = performance.now();
  const response = await fetch(`${url}/v1/executions`, { method: "POST", headers, body });
  await response.arrayBuffer();
  return { lane: priority, status: response.status, ms: performance.now() - began };
}

/** Lanes in their shares, evenly mixed. */
function laneAt(count: number): Lane {
  const at = (count * 0.618_034) % 1;
  return at < SHARES.high ? "high" : at < SHARES.high + SHARES.batch ? "batch" : "standard";
}

async function statsOf({ url }: MockProcess): Promise<StatsSnapshot> {
  return (await (await fetch(`${url}/__mock/stats`)).json()) as StatsSnapshot;
}

async function callsWithin({ url }: MockProcess, ms: number): Promise<number> {
  const times: number[] = [];
  for (let since = 0; ;) {
    const page = (await (await fetch(`${url}/__mock/calls?since=${since}&limit=1000`)).json()) as {
      calls: { at: number; seq: number }[];
    };
    const last = page.calls.at(-1);
    if (!last) break;
    times.push(...page.calls.map(({ at }) => at));
    since = last.seq;
  }
  const [first = 0] = times;
  return times.filter((at) => at < first + ms).length;
}

function print(seen: readonly Seen[]): void {
  const rows = LANES.map((lane) => {
    const own = seen.filter((each) => each.lane === lane);
    const good = own.filter(({ status }) => status === 200).map(({ ms }) => ms);
    const turnedAway = own.filter(({ status }) => status === 429).length;
    const others = own.map(({ status }) => status).filter((status) => status !== 200 && status !== 429);
    const failed = others.length === 0 ? 0 : `${others.length} (${[...new Set(others)].join(", ")})`;
    const at = (p: number) => percentile(good, p).toFixed(0);
    return [lane, `${own.length}`, `${good.length}`, `${turnedAway}`, `${failed}`, at(50), at(99)];
  });
  console.log(table([["lane", "asked", "served", "turned away", "failed", "p50 ms", "p99 ms"], ...rows]));
}

function fail(what: string): void {
  console.log(`FAILED: ${what}`);
  process.exitCode = 1;
}
