import { afterEach, describe, expect, it, vi } from "vitest";
import type { Budget } from "../../../src/domain/budgets/budget.ts";
import { askBudgetScopes } from "../../../src/services/budgets/budgeted-scopes.ts";

describe("the scopes that have a budget", () => {
  afterEach(() => vi.useRealTimers());

  it("are refused within seconds by an object that hangs, so that executions do not hang with it", async () => {
    vi.useFakeTimers();
    const hanging = { budgets: async () => new Promise<Budget[]>(() => undefined) };
    const asked = askBudgetScopes({ objectOf: () => hanging }, "ten_a", { budgeted_keys: [] });
    const ended = asked.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3_000);
    const first = await Promise.race([ended, Promise.resolve("still open")]);
    expect(first).toMatchObject({ code: "provider_overloaded", retryable: true });
  });
});
