import { describe, expect, it } from "vitest";
import { BUDGET_TIMES } from "../../../src/domain/budgets/authority/budget-authority.ts";
import { type BudgetFaults, BudgetWorld, type CallPlan, NO_FAULTS } from "../../support/budget-world.ts";

const FAULTS: BudgetFaults = { lost: 0.05, doubled: 0.1, refused: 0.05, slowest: 4_000 };
const DAY_MS = 86_400_000;
/** Those of an object of which each of its askers stands for forty. */
const SLOW_TIMES = { request_ms: 40, write_ms: 74.4, question_ms: 2 };
const USD = 1_000_000_000;
const budget = (scope: string, daily: number | null, monthly: number | null = null) => ({
  scope,
  alerts: [0.5, 0.8, 1],
  daily_nanousd: daily,
  monthly_nanousd: monthly,
});

type WorldOptions = ConstructorParameters<typeof BudgetWorld>[2];

/** 500 callers that call again and again until a budget refuses them. */
async function exhaust(world: BudgetWorld, isolates: number, plan: () => CallPlan) {
  const counts = { paid: 0, refused: 0, unanswered: 0, ended: 0 };
  const caller = async (index: number) => {
    for (;;) {
      const end = await world.call(index % isolates, { ...plan(), patience_ms: 5_000 });
      if (end === "paid") counts.paid += 1;
      else if (end === "budget_exceeded") break;
      else counts.unanswered += 1;
    }
    counts.refused += 1;
    counts.ended += 1;
  };
  for (let index = 0; index < 500; index++) void caller(index);
  await world.clock.runUntil(3_600_000, () => counts.ended === 500);
  return counts;
}

/** Calls of many scopes at random times, with crashes, restarts and changes of limits between. */
async function live(seed: number, faults: BudgetFaults, more: WorldOptions = {}): Promise<BudgetWorld> {
  const isolates = 6;
  const budgets = [
    budget("tenant", 3 * USD, 12 * USD),
    budget("key:a", USD),
    budget("key:b", null, 9 * USD),
    budget("prompt:x", 1.5 * USD),
  ];
  const world = new BudgetWorld(seed, budgets, { isolates, faults, ...more });
  const { clock, random } = world;
  const sets = [["tenant", "key:a"], ["tenant", "key:b", "prompt:x"], ["tenant"], ["key:b"]];
  let failure: unknown;
  // The world begins eight days before the end of its month.
  const minutes = Math.ceil((9 * DAY_MS) / 60_000);
  for (let n = 0; n < 1_200; n++) {
    // Two thirds of all calls come around the midnights.
    const day = Math.floor(random.between(0, 8));
    const nearMidnight = day * DAY_MS + msToMidnight(clock.now()) + random.between(-8_000, 8_000);
    const at = random.chance(0.66) ? nearMidnight : random.between(0, minutes * 60_000);
    clock.in(undefined, at, () => {
      const scopes = sets[Math.floor(random.unit() * sets.length)] ?? [];
      const amount = Math.round(random.between(1, 80_000_000));
      const cost = Math.round(amount * random.unit());
      const plan = { scopes, amount, cost, ms: random.between(2, 20_000), patience_ms: random.between(0, 5_000) };
      world.call(Math.floor(random.unit() * isolates), plan).catch((error: unknown) => (failure ??= error));
    });
  }
  for (let n = 0; n < 60; n++) {
    const at = Math.floor(random.between(0, 8)) * DAY_MS + msToMidnight(clock.now()) + random.between(-9_000, 9_000);
    clock.in(undefined, at, () => {
      const kind = random.unit();
      if (kind < 0.4) world.crash(Math.floor(random.unit() * isolates));
      else if (kind < 0.7) world.restart();
      else if (kind < 0.8) world.endBranch();
      else world.setBudget(budget("tenant", random.between(0.5, 4) * USD, random.between(4, 16) * USD));
    });
  }
  await clock.runUntil(10 * DAY_MS);
  if (failure) throw failure;
  return world;
}

function msToMidnight(now: number): number {
  return DAY_MS - (now % DAY_MS);
}

describe("budgets in a simulated world", () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
    "never lend beyond a limit, and count all that is paid, whatever goes wrong (seed %i)",
    async (seed) => {
      const world = await live(seed, FAULTS);
      expect(world.calls).toBeGreaterThan(200);
    },
  );

  it.each(Array.from({ length: 6 }, (_, index) => index + 101))(
    "hold as well where a question comes through any branch or none, at any pace (seed %i)",
    async (seed) => {
      const times = seed % 2 === 0 ? SLOW_TIMES : BUDGET_TIMES;
      const world = await live(seed, FAULTS, { throughBranch: 0.6, times });
      expect(world.calls).toBeGreaterThan(200);
      expect(world.batches).toBeGreaterThan(20);
    },
  );

  it("count exactly what was paid, and lend nothing in the end, where nothing goes wrong", async () => {
    const scopes = ["tenant", "key:a"];
    const world = new BudgetWorld(7, [budget("tenant", null, 2 * USD), budget("key:a", USD)], { isolates: 5 });
    for (let n = 0; n < 300; n++) {
      const ms = world.random.between(50, 3_000);
      void world.call(n, { scopes, amount: 3_000_000, cost: 1_000_000, ms, patience_ms: 5_000 });
    }
    await world.clock.runUntil(60_000);
    expect(world.calls).toBe(300);
    expect(world.states().map(({ spent, reserved }) => [spent, reserved])).toEqual([
      [300_000_000, 0],
      [300_000_000, 0],
    ]);
  });

  it.each([
    ["one isolate", 1, ["tenant"]],
    ["10 isolates", 10, ["tenant", "key:a"]],
    ["400 isolates", 400, ["tenant", "key:a", "prompt:x"]],
  ])("let 500 callers of %s use at least 95 %% of a limit", async (_name, isolates, scopes) => {
    const budgets = [budget("tenant", null, 3 * USD), budget("key:a", USD), budget("prompt:x", 2 * USD)];
    const world = new BudgetWorld(3, budgets, { isolates });
    const { paid, refused } = await exhaust(world, isolates, () => {
      const cost = Math.round(world.random.between(200_000, 2_000_000));
      return { scopes, amount: 8_000_000, cost, ms: world.random.between(100, 2_000) };
    });
    const limit = scopes.length === 1 ? 3 * USD : USD;
    expect([refused, paid]).toEqual([500, world.calls]);
    expect(world.paidInAll).toBeLessThanOrEqual(limit);
    expect(world.paidInAll).toBeGreaterThanOrEqual(0.95 * limit);
  });

  it.each([
    ["no branch", 0],
    ["branches", 1],
  ])("are asked at the pace of a busy object through %s, and are spent to a few %%", async (_name, throughBranch) => {
    const limit = 6 * USD;
    const world = new BudgetWorld(11, [budget("tenant", limit)], { isolates: 40, throughBranch, times: SLOW_TIMES });
    const { clock, random } = world;
    let paidBefore: number | null = null;
    const callOnce = async () => {
      const cost = Math.round(random.between(200_000, 1_500_000));
      const plan = { scopes: ["tenant"], amount: 2_000_000, cost, ms: 1_200, patience_ms: 5_000 };
      const end = await world.call(Math.floor(40 * random.unit()), plan);
      if (end !== "paid") paidBefore ??= end === "budget_exceeded" ? world.paidInAll : 0;
    };
    for (let n = 0; n < 8_000; n++) clock.in(undefined, 10 * n, () => void callOnce());
    await clock.runUntil(20_000);
    const asked = world.asked.length;
    await clock.runUntil(50_000);
    // At 114 ms for a question that writes, 4.4 a second are half of what the object can do.
    expect((world.asked.length - asked) / 30).toBeLessThan(6);
    await clock.runUntil(100_000);
    expect(paidBefore).toBeGreaterThan(0.97 * limit);
    expect(world.paidInAll).toBeLessThanOrEqual(limit);
  });

  it("ask nothing that a warm call would wait for", async () => {
    const world = new BudgetWorld(5, [budget("tenant", 1_000 * USD)]);
    const plan = { scopes: ["tenant"], amount: 1_000_000, cost: 100_000, ms: 200 };
    let waited = 0;
    for (let n = 0; n < 1_000; n++) {
      world.clock.in(undefined, 10 * n, () => {
        const began = world.clock.elapsed();
        const call = world.call(0, { ...plan, patience_ms: 1_000 });
        const isWarm = began >= 1_000;
        void call.finally(() => (waited += isWarm && world.clock.elapsed() > began + plan.ms ? 1 : 0));
      });
    }
    await world.clock.runUntil(60_000);
    expect(world.calls).toBe(1_000);
    expect(waited).toBe(0);
    expect(world.asked.length).toBeLessThan(40);
  });

  it("refuse at once where the call could not fit even if all that is lent came back", async () => {
    const world = new BudgetWorld(1, [budget("tenant", USD)]);
    const end = world.call(0, { scopes: ["tenant"], amount: USD + 1, cost: 0, ms: 10, patience_ms: 60_000 });
    await world.clock.runUntil(100);
    expect(await end).toBe("budget_exceeded");
  });

  it("spend nothing while the authority does not answer", async () => {
    const world = new BudgetWorld(1, [budget("tenant", USD)], { faults: { ...NO_FAULTS, refused: 1 } });
    const end = world.call(0, { scopes: ["tenant"], amount: 1_000, cost: 0, ms: 10, patience_ms: 60_000 });
    await world.clock.runUntil(10_000);
    expect(await end).toBe("provider_overloaded");
    expect(world.calls).toBe(0);
  });

  it("alert once at each share of a limit in each window", async () => {
    const world = new BudgetWorld(2, [budget("tenant", USD)], { isolates: 3 });
    for (let day = 0; day < 2; day++) {
      world.clock.in(undefined, day * DAY_MS, () => {
        void exhaust(world, 3, () => ({ scopes: ["tenant"], amount: 9_000_000, cost: 3_000_000, ms: 300 }));
      });
    }
    await world.clock.runUntil(1.2 * DAY_MS);
    expect(world.alerts.map(({ threshold }) => threshold)).toEqual([0.5, 0.8, 1, 0.5, 0.8, 1]);
  });
});
