import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createTenant } from "../../../scripts/tenant.ts";
import { BatchClient } from "../../harness/batch-client.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { executePrompt } from "../../harness/execution.ts";
import { startMock } from "../../harness/mock.ts";
import { unitAt } from "../../harness/random.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import type { CallRecord } from "../../mock/call-record.ts";

/** How many executions, how many kills during them, and the seed that draws both. */
export interface MixedLoad {
  mixed: number;
  kills: number;
  seed: number;
}

/** An execution as the list shows it, as far as this proof needs it. */
interface Listed {
  id: string;
  status: string;
  cost_usd: number | null;
  cached: false | string;
  usage: { prompt_tokens: number; completion_tokens: number; estimated?: boolean };
  metadata: { item: string } | null;
}

interface Sums {
  executions: number;
  prompt_tokens: number;
  completion_tokens: number;
  nanousd: number;
}

const CALLERS = 24;
const CALL_MS = 60;
/** Executions of the same item share one answer: from the cache, or on one flight. */
const SHARED = 4;
const POLL_MS = 500;
const COMPLETE_TIMEOUT_MS = 180_000;
/** `complete_until` is 330 s ago; an unresolved intent holds it back once it is 35 s old. */
const BEHIND_MS = 290_000;
/** Production values are a minute and more; shortened so that intents are resolved in seconds. */
const VARS = { EXECUTION_TIMEOUT_MS: "5000", INTENT_MARGIN_MS: "1000" };
/** gpt-4o-mini, in nano-dollars a token. */
const PRICE = { prompt: 150, completion: 600 };
const PROMPT = {
  name: "item",
  yaml: "name: item\nmodel: gpt-4o-mini\ntemplate: Say something about {{ item }}.\nvariables: {item: {type: string}}\nmax_tokens: 32\n",
};

/**
 * Runs executions of all forms under faults, clients that leave, and kills of the server. Then the
 * usage must equal the provider's log, apart from executions whose end is not known.
 */
export async function proveLog({ mixed, kills, seed }: MixedLoad): Promise<string[]> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    let url = await edge.start();
    const key = await createTenant(url, edge.rootKey, "ledger");
    const client = new BatchClient(() => url, key);
    await client.publish(PROMPT);
    const load = { next: 0, answered: 0, failed: 0 };
    const callers = Array.from({ length: CALLERS }, async () => {
      for (let n = load.next++; n < mixed; n = load.next++) {
        // A server that is down is not asked.
        while (edge.urls().length === 0) await sleep(POLL_MS / 10);
        if (await send(() => ({ url, key }), n, seed)) load.answered += 1;
        else load.failed += 1;
      }
    });
    for (let life = 1; life <= kills; life++) {
      while (load.next < (mixed * life) / (kills + 1)) await sleep(POLL_MS / 10);
      await edge.kill();
      url = await edge.start();
    }
    await Promise.all(callers);
    const endedAt = Date.now();
    const waitedMs = await untilComplete(() => url, key, endedAt);
    const records = (await client.executions()) as unknown as Listed[];
    const usage = await usageOf(url, key);
    const { calls } = await mock.calls();
    console.log(
      `${mixed} executions, ${kills} kills: ${load.answered} answered in full, ${load.failed} not; ` +
        `${calls.length} calls at the provider; usage complete ${(waitedMs / 1000).toFixed(1)} s after the load`,
    );
    return compare(records, usage, calls);
  });
}

/** Sends one execution in the form that its number has. True where its answer came whole. */
async function send(endpoint: () => { url: string; key: string }, n: number, seed: number): Promise<boolean> {
  const kind = unitAt(seed, n);
  const isShared = kind < 0.25;
  // The mock takes the marker for a command to fail. A 400 is no fault of the key: others go on.
  const item = isShared ? `shared-${Math.floor(n / SHARED / CALLERS)}` : `own-${n}`;
  const failing = kind > 0.92 ? ' [[mock:{"status":400}]]' : "";
  const request = {
    prompt: PROMPT.name,
    variables: { item: item + failing },
    stream: n % 2 === 1,
    cache: isShared,
    metadata: { item: item + failing },
    user: `user-${n % 50}`,
  };
  const leaving = new AbortController();
  const watch = kind > 0.8 && kind < 0.92 ? { signal: leaving.signal, onDelta: () => leaving.abort() } : {};
  return (await executePrompt(endpoint(), request, watch)).complete;
}

/**
 * Waits until nothing that began before `at` holds back the time until which usage is complete:
 * this far behind is an execution that takes as long as one may.
 */
async function untilComplete(url: () => string, key: string, at: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    const { complete_until } = await getJson<{ complete_until: string | null }>(`${url()}/v1/usage`, key);
    if (Date.parse(complete_until ?? "") > at - BEHIND_MS) return performance.now() - began;
    if (performance.now() - began > COMPLETE_TIMEOUT_MS) throw new Error("the usage does not become complete");
    await sleep(POLL_MS);
  }
}

async function usageOf(url: string, key: string): Promise<Sums> {
  const { data } = await getJson<{ data: Array<Sums & { cost_usd: number }> }>(`${url}/v1/usage`, key);
  const [row] = data;
  if (!row) throw new Error("there is no usage");
  return { ...row, nanousd: Math.round(row.cost_usd * 1e9) };
}

async function getJson<T>(url: string, key: string): Promise<T> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}

function compare(records: readonly Listed[], usage: Sums, calls: readonly CallRecord[]): string[] {
  const isVague = ({ status, usage: { estimated } }: Listed) => status === "unknown" || estimated === true;
  const vague = new Set(records.filter(isVague).map(itemOf));
  const apart = records.filter((record) => vague.has(itemOf(record)));
  const hashes = new Set([...vague].map((item) => sha256(`Say something about ${item}.`)));
  const paid = calls.filter(({ status, prompt_sha256 = "" }) => status === 200 && !hashes.has(prompt_sha256));
  const known = subtract(usage, sumsOf(apart));
  const log = sumsOf(
    paid.map(({ prompt_tokens, completion_tokens }) => ({
      cached: false as const,
      usage: { prompt_tokens, completion_tokens },
      cost_usd: (prompt_tokens * PRICE.prompt + completion_tokens * PRICE.completion) / 1e9,
    })),
  );
  const unknown = records.filter(({ status }) => status === "unknown");
  console.log(
    [
      `on record: ${records.length}; usage counts ${usage.executions}`,
      `  left apart: ${apart.length} executions of ${vague.size} items, ${unknown.length} of them unknown` +
        (unknown.length > 0 ? `: ${unknown.map(({ id }) => id).join(" ")}` : ""),
      `  usage:          ${known.prompt_tokens} + ${known.completion_tokens} tokens, ${known.nanousd} nano-dollars`,
      `  provider's log: ${log.prompt_tokens} + ${log.completion_tokens} tokens, ${log.nanousd} nano-dollars`,
    ].join("\n"),
  );
  const names = ["prompt_tokens", "completion_tokens", "nanousd"] as const;
  const faults = names.flatMap((name) =>
    known[name] === log[name] ? [] : [`${name}: ${known[name]} in the usage, ${log[name]} in the provider's log`],
  );
  if (usage.executions !== records.length) faults.push("usage and list count different executions");
  if (new Set(records.map(({ id }) => id)).size < records.length) faults.push("an execution is listed twice");
  return faults;
}

function itemOf({ metadata }: Listed): string {
  return metadata?.item ?? "";
}

/** What these executions were paid for: stored and shared answers were not. */
function sumsOf(records: ReadonlyArray<Pick<Listed, "cached" | "usage" | "cost_usd">>): Sums {
  const sums = { executions: 0, prompt_tokens: 0, completion_tokens: 0, nanousd: 0 };
  for (const { cached, usage, cost_usd } of records) {
    sums.executions += 1;
    sums.nanousd += Math.round((cost_usd ?? 0) * 1e9);
    if (cached !== false) continue;
    sums.prompt_tokens += usage.prompt_tokens;
    sums.completion_tokens += usage.completion_tokens;
  }
  return sums;
}

function subtract(a: Sums, b: Sums): Sums {
  return {
    executions: a.executions - b.executions,
    prompt_tokens: a.prompt_tokens - b.prompt_tokens,
    completion_tokens: a.completion_tokens - b.completion_tokens,
    nanousd: a.nanousd - b.nanousd,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
