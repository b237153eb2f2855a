import { afterEach, describe, expect, it, vi } from "vitest";
import type { Budget } from "../../../src/domain/budgets/budget.ts";
import { askBudgetScopes } from "../../../src/services/budgets/budgeted-scopes.ts";

const DAY_MS = 86_400_000;
const NOW = 1_800_000_000_000;

/** A tenant's object with these scopes, of whose keys some were revoked at these times. */
function world(revoked: Record<string, number>, ...scopes: string[]) {
  const budgets = new Set(scopes);
  const asked: string[][] = [];
  return {
    budgets,
    asked,
    now: () => NOW,
    objectOf: () => ({
      budgets: async () =>
        [...budgets].map((scope): Budget => ({ scope, daily_nanousd: 1, monthly_nanousd: null, alerts: [] })),
      change: async (scope: string) => budgets.delete(scope),
    }),
    keys: {
      async endedBefore(_tenantId: string, ids: readonly string[], before: number) {
        asked.push([...ids]);
        return ids.filter((id) => (revoked[id] ?? Infinity) < before);
      },
    },
  };
}

describe("the scopes that have a budget", () => {
  afterEach(() => vi.useRealTimers());

  it("are refused within seconds by an object that hangs, so that executions do not hang with it", async () => {
    vi.useFakeTimers();
    const hanging = { budgets: async () => new Promise<Budget[]>(() => undefined), change: async () => true };
    const asked = askBudgetScopes({ ...world({}), objectOf: () => hanging }, "ten_a", { budgeted_keys: [] });
    const ended = asked.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3_000);
    const first = await Promise.race([ended, Promise.resolve("still open")]);
    expect(first).toMatchObject({ code: "provider_overloaded", retryable: true });
  });

  it("lose those of keys that were revoked a month ago, but not while accepted work may run under one", async () => {
    const revoked = { key_old: NOW - 31 * DAY_MS, key_new: NOW - 29 * DAY_MS };
    const deps = world(revoked, "tenant", "prompt:a", "key:key_old", "key:key_new", "key:key_live");
    const live = { id: "key_live", daily_budget_usd: 1, monthly_budget_usd: null, expires_at: null };
    const scopes = await askBudgetScopes(deps, "ten_a", { budgeted_keys: [live] });
    expect(scopes).toEqual(["tenant", "prompt:a", "key:key_new", "key:key_live"]);
    expect([...deps.budgets]).toEqual(scopes);
  });

  it("lose those of keys that expired a month ago, and no number of younger ones hides an old one", async () => {
    const young = Array.from({ length: 60 }, (_, at) => `key_a${at}`);
    const deps = world({ key_old: NOW - 31 * DAY_MS }, ...[...young, "key_old", "key_gone"].map((id) => `key:${id}`));
    const gone = { id: "key_gone", daily_budget_usd: 1, monthly_budget_usd: null, expires_at: NOW - 31 * DAY_MS };
    await askBudgetScopes(deps, "ten_a", { budgeted_keys: [gone] });
    expect(deps.asked.flat()).toContain("key_gone");
    expect(deps.budgets.has("key:key_old")).toBe(false);
    expect(deps.budgets.size).toBe(61);
  });

  it("ask nothing of the shard where all are of live keys, and remove fifty at a time", async () => {
    const few = world({}, "tenant", "key:key_live");
    const live = { id: "key_live", daily_budget_usd: 1, monthly_budget_usd: null, expires_at: null };
    await askBudgetScopes(few, "ten_a", { budgeted_keys: [live] });
    expect(few.asked).toEqual([]);
    const ids = Array.from({ length: 70 }, (_, at) => `key_${at}`);
    const many = world(Object.fromEntries(ids.map((id) => [id, 0])), ...ids.map((id) => `key:${id}`));
    expect(await askBudgetScopes(many, "ten_a", { budgeted_keys: [] })).toHaveLength(20);
    expect(await askBudgetScopes(many, "ten_a", { budgeted_keys: [] })).toEqual([]);
  });
});
