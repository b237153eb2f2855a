import { setTimeout as sleep } from "node:timers/promises";
import { priceOf } from "../../../src/domain/completions/prices.ts";
import { BatchClient } from "../../harness/batch-client.ts";
import type { LocalStack } from "../../harness/local-stack.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { PATHS, PROMPT, type SpendingPath } from "./paths.ts";

/** One kind of budget on one path of an execution. */
export interface BudgetCase {
  name: string;
  scope: "tenant" | "key" | "prompt";
  path: SpendingPath;
  isFailing: boolean;
  isProvider: boolean;
}

/** What became of a budget. Amounts in nano-dollars; `paid` is what the provider's log says. */
export interface EdgeOfBudget {
  name: string;
  calls: number;
  refused: number;
  paid: number;
  counted: number;
  limit: number;
  faults: string[];
}

const SCOPES = ["tenant", "key", "prompt"] as const;
const NANO = 1e9;
/** About 900 calls, and less than the worst cases of 500 callers at once. */
const LIMIT_USD = 0.02;
const ITEMS = 1_300;
const LEAST_USED = 0.95;
const LONGEST_SETTLE_MS = 30_000;

/**
 * Every kind of budget on every path. A provider takes minutes for a batch, so that path runs once.
 */
export const CASES: BudgetCase[] = Object.entries(PATHS).flatMap(([path, spend]) => {
  const isProvider = path.includes("provider");
  const scopes = isProvider ? (["tenant"] as const) : SCOPES;
  const isFailing = path.includes("failing");
  return scopes.map((scope) => ({ name: `${scope}: ${path}`, scope, path: spend, isFailing, isProvider }));
});

/** Spends a budget of a new tenant, and compares what it counts with what was paid. */
export async function proveCase({ edge, mock }: LocalStack, each: BudgetCase, callers: number): Promise<EdgeOfBudget> {
  const key = await edge.otherTenant();
  const { isFailing } = each;
  const request = budgetRequests(edge.url, key);
  await new BatchClient(() => edge.url, key).publish(PROMPT);
  const scope = { tenant: "tenant", key: `key:${await request.keyId()}`, prompt: `prompt:${PROMPT.name}` }[each.scope];
  await request.set(scope, LIMIT_USD);
  // The other isolates share no memory with the one that set the budget.
  await sleep(EVERYWHERE_MS);
  const failures = { fault: "cut_stream", rate: 0.03 } as const;
  await mock.profile({ default: { delay_ms: 20, ...(isFailing ? failures : {}) } });
  const since = (await mock.calls(Number.MAX_SAFE_INTEGER)).total;
  const { refused, failures: broken } = await each.path({ urls: edge.urls, key, callers, items: ITEMS });
  const state = await request.settled();
  const { calls, paid } = await paidSince(mock, since);
  const limit = LIMIT_USD * NANO;
  const counted = Math.round(state.spent_usd * NANO);
  // A batch's own calls have no tokens in the log of calls: its results say what they cost.
  const really = each.isProvider ? Math.round((await request.usage()) * NANO) : paid;
  const faults = [...new Set(broken)];
  if (counted > limit) faults.push(`counted ${counted} of ${limit}`);
  if (really > counted) faults.push(`paid ${really}, and counted only ${counted}`);
  if (!isFailing && really < LEAST_USED * limit) faults.push(`used only ${really} of ${limit}`);
  if (refused === 0) faults.push("nobody was refused");
  return { name: each.name, calls, refused, paid: really, counted, limit, faults };
}

/** How long an isolate may not know of a new budget: POINTER_BOUND_MS, and a little. */
const EVERYWHERE_MS = 500;

async function paidSince(mock: MockProcess, since: number): Promise<{ calls: number; paid: number }> {
  const { calls } = await mock.calls(since);
  const made = calls.filter(({ status, path }) => status === 200 && path.includes("completions"));
  const paid = made.reduce((sum, { provider, model, prompt_tokens, completion_tokens }) => {
    const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
    return sum + (priceOf(provider, model, usage)?.cost_nanousd ?? 0);
  }, 0);
  return { calls: made.length, paid };
}

function budgetRequests(url: string, key: string) {
  const send = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  type State = { spent_usd: number; reserved_usd: number };
  return {
    keyId: async () => (await send<{ data: { id: string }[] }>("GET", "/v1/keys")).data[0]?.id ?? "",
    set: async (scope: string, monthly_usd: number) => send("PUT", `/v1/budgets/${scope}`, { monthly_usd }),
    usage: async () => (await send<{ data: { cost_usd: number }[] }>("GET", "/v1/usage")).data[0]?.cost_usd ?? 0,
    /** The budget once every isolate has given back what it does not need. */
    async settled(): Promise<State> {
      for (const until = performance.now() + LONGEST_SETTLE_MS; ; await sleep(200)) {
        const [state] = (await send<{ data: State[] }>("GET", "/v1/budgets")).data;
        if (!state) throw new Error("the budget is gone");
        if (state.reserved_usd === 0 || performance.now() > until) return state;
      }
    },
  };
}
