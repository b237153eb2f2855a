import { describe, expect, it, vi } from "vitest";
import { partLoads } from "../../load/sim/bottlenecks.ts";
import { PLACES, rttMs, seasonAt } from "../../load/sim/places.ts";
import { planScale, type ScalePlan } from "../../load/sim/scale-plan.ts";
import { type ScaleFigures, simulateScale } from "../../load/sim/simulate-scale.ts";

/** A load that takes a second to simulate: 200 requests a second for some seconds. */
const SMALL: ScalePlan = { ...planScale(1, 1), per_s: 200, users: 400, small: 10, warm_s: 1, seconds: 3 };
const FAULTS = ["deploy", "evictions", "place_lost"] as const;
const NOTHING = { over_limit: 0, overshoot_nanousd: 0, lost: 0 };
vi.setConfig({ testTimeout: 60_000 });

/** What must be the same for one seed. */
function told({ tally, objects, databases, lines, provider_calls, events }: ScaleFigures) {
  return { tally, objects, databases, lines, provider_calls, events };
}

describe("the simulated deployment", () => {
  it("breaks no limit, budget or record while isolates, objects and a data centre are lost", async () => {
    const { broken, expected, tally } = await simulateScale({ ...SMALL, faults: FAULTS }, 1);
    expect(broken).toMatchObject(NOTHING);
    expect(expected).toBeGreaterThan(200);
    expect(tally.counted).toBeGreaterThan(200);
  });

  it("keeps the limits with branches of a gate in each region", async () => {
    const plan = { ...SMALL, branches: true, headroom: 0.5, faults: FAULTS };
    const { broken, objects, provider_calls } = await simulateScale(plan, 2);
    expect(broken).toMatchObject(NOTHING);
    expect(provider_calls).toBeGreaterThan(100);
    const classes = objects.map(({ className }) => className);
    expect(classes).toEqual(expect.arrayContaining(["ProviderGate branch", "TenantThrottle branch"]));
  });

  it("has the same history for the same seed, and another for another", async () => {
    const plan = { ...SMALL, seconds: 1, faults: ["evictions"] as const };
    const first = told(await simulateScale(plan, 3));
    expect(told(await simulateScale(plan, 3))).toEqual(first);
    expect(told(await simulateScale(plan, 4))).not.toEqual(first);
  });

  it("finds permits that two gates lend", async () => {
    const { broken } = await simulateScale({ ...SMALL, headroom: 0.3 }, 1, { double_gates: true });
    expect(broken.over_limit).toBeGreaterThan(0);
  });

  it("finds money that two budgets lend", async () => {
    const { broken } = await simulateScale({ ...SMALL, per_s: 600, seconds: 5 }, 1, { double_budgets: true });
    expect(broken.overshoot_nanousd).toBeGreaterThan(0);
  });

  it("finds records that an object confirms and does not write", async () => {
    const { broken } = await simulateScale(SMALL, 1, { dropped_blocks: 0.3 });
    expect(broken.lost).toBeGreaterThan(0);
  });

  it("names the part that is asked for the most of what it can do", async () => {
    const loads = partLoads(await simulateScale({ ...SMALL, seconds: 1 }, 1));
    expect(loads[0]?.name).toMatch(/Ledger|ProviderGate|TenantBudgets/);
    expect(loads.map(({ used }) => used)).toEqual(loads.map(({ used }) => used).toSorted((a, b) => b - a));
  });
});

describe("the places of the simulation", () => {
  it("are as far from each other as light in a cable takes", () => {
    const [ashburn] = PLACES;
    const sydney = PLACES.find(({ name }) => name === "Sydney");
    if (!ashburn || !sydney) throw new Error("a place is missing");
    expect(rttMs(ashburn, ashburn)).toBe(1);
    expect(rttMs(ashburn, sydney)).toBeGreaterThan(200);
    expect(rttMs(ashburn, sydney)).toBeLessThan(280);
  });

  it("have a day whose mean is one", () => {
    const hours = Array.from({ length: 24 }, (_, hour) => seasonAt(hour));
    expect(hours.reduce((sum, season) => sum + season, 0) / 24).toBeCloseTo(1, 6);
  });
});
