import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";
import { crashAt } from "../support/crash.ts";
import { openRunner, openTenant } from "../support/provider-batches.ts";
import { tickProviderBatches } from "../../src/services/batches/tick-provider-batches.ts";

/** A row of `GET /v1/budgets`. */
interface Row {
  spent_usd: number;
  reserved_usd: number;
}

/**
 * The most that "one" to "five" can cost at half the price: up to 37 bytes of prompt at $0.15 a
 * million, and 200 tokens of output at $0.60.
 */
const WORST_USD = 0.000_063;
const TEXTS = ["one", "two", "three", "four", "five"];

async function openBudget(daily_usd: number) {
  const tenant = await openTenant("openai");
  const { key } = tenant;
  await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd } });
  const budget = async () => (await call<{ data: Row[] }>("GET", "/v1/budgets", { key })).json.data[0];
  return { ...tenant, budget };
}

describe("a batch at a provider under a budget", () => {
  it("reserves the worst case of its items, and counts what they cost", async () => {
    const tenant = await openBudget(1);
    const { tick, clock } = openRunner();
    const id = await tenant.accept(TEXTS);
    await tick();
    const reserved = (await tenant.budget())?.reserved_usd ?? 0;
    expect(reserved).toBeGreaterThan(5 * 0.000_06);
    expect(reserved).toBeLessThan(5 * WORST_USD);
    clock.now += 60_000;
    await tick();
    const { cost_usd, status } = await tenant.get(id);
    expect(status).toBe("completed");
    expect(await tenant.budget()).toMatchObject({ spent_usd: cost_usd, reserved_usd: 0 });
  });

  it("sends the items that fit, and the next ones out of what those did not cost", async () => {
    const tenant = await openBudget(3 * WORST_USD);
    const { tick, tickUntil } = openRunner();
    const id = await tenant.accept(TEXTS);
    await tick();
    const sent = async () => (await tenant.calls()).flatMap(({ batch_items }) => batch_items ?? []);
    expect(await sent()).toEqual([3]);
    await tickUntil(async () => (await sent()).length > 2 && (await tenant.budget())?.reserved_usd === 0);
    const { cost_usd, counts } = await tenant.get(id);
    expect(await sent()).toEqual([3, 1, 1]);
    expect(counts).toMatchObject({ succeeded: 5 });
    expect(await tenant.budget()).toMatchObject({ spent_usd: cost_usd });
    expect(cost_usd).toBeLessThanOrEqual(3 * WORST_USD);
  });

  it("reserves once, however often its submission dies and is begun again", async () => {
    for (const step of [3, 4, 5, 6]) {
      const tenant = await openBudget(5 * WORST_USD);
      const { deps, tick, clock } = openRunner();
      const id = await tenant.accept(TEXTS);
      await tickProviderBatches(crashAt(deps, step).deps).catch(() => undefined);
      clock.now += 600_000;
      await tick();
      clock.now += 600_000;
      await tick();
      const { cost_usd, counts } = await tenant.get(id);
      expect([step, counts]).toMatchObject([step, { succeeded: 5 }]);
      expect(await tenant.budget()).toMatchObject({ spent_usd: cost_usd, reserved_usd: 0 });
    }
  });

  it("goes through the queue as a whole where nothing fits", async () => {
    const tenant = await openBudget(WORST_USD / 2);
    const { tick } = openRunner();
    const id = await tenant.accept(TEXTS);
    await tick();
    expect(await tenant.get(id)).toMatchObject({ counts: { queued: 5 } });
    expect((await tenant.calls()).some(({ batch_items }) => batch_items !== undefined)).toBe(false);
    expect(await tenant.budget()).toMatchObject({ spent_usd: 0, reserved_usd: 0 });
  });
});
