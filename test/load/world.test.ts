import { describe, expect, it, vi } from "vitest";
import { parseFaults } from "../../load/proofs/world/faults.ts";
import { type InvariantName, INVARIANTS } from "../../load/proofs/world/judge.ts";
import { simulateWorld } from "../../load/proofs/world/simulate-world.ts";

const KINDS =
  "evictions messages,stalls storage queue,storage mixed deadlines provider crashes cancellations all".split(" ");
/** A loaded machine takes long for the largest worlds. */
vi.setConfig({ testTimeout: 60_000 });
const ALL = new Set(Object.keys(INVARIANTS) as InvariantName[]);

async function simulate(seed: number, faults: string, requests = 60) {
  return simulateWorld({ seed, faults: parseFaults(faults), only: ALL, requests });
}

/**
 * `npm run prove -- world` runs more seeds, and all faults at once. In seed 1 a month turns, in seed 3 a
 * day, and the providers' own batches follow.
 */
describe("the services in one simulated world", () => {
  it.each([1, 2])("keep every promise where nothing goes wrong (seed %i)", async (seed) => {
    const { violations, answered, calls, billed, booked } = await simulate(seed, "none");
    expect(violations).toEqual([]);
    expect(answered).toBeGreaterThan(60);
    expect(calls).toBeGreaterThan(60);
    expect(booked).toBe(billed);
  });

  it("refuse what is beyond a budget, and count what was paid under it to the nano-dollar", async () => {
    let refused = 0;
    for (const seed of [3, 6]) {
      const calm = await simulate(seed, "none", 150);
      expect(calm.violations).toEqual([]);
      expect(calm.purse_paid).toBeGreaterThan(0);
      expect(calm.purse_counted).toBe(calm.purse_paid);
      refused += calm.beyond_budget;
    }
    expect(refused).toBeGreaterThan(0);
  });

  it.each(KINDS)("keep every promise under %s", async (faults) => {
    for (const seed of [1, 2]) expect((await simulate(seed, faults)).violations).toEqual([]);
  });

  it("keep every promise while isolates differ in who is a large tenant", async () => {
    const plan = { faults: parseFaults("all"), only: ALL, requests: 60, has_two_settings: true };
    for (const seed of [1, 2]) expect((await simulateWorld({ ...plan, seed })).violations).toEqual([]);
  });

  it("record an execution that was cut off as unknown, at what was reserved for it", async () => {
    const { violations, unknown, booked, billed } = await simulate(1, "crashes");
    expect(violations).toEqual([]);
    expect(unknown).toBeGreaterThan(0);
    expect(booked).toBeGreaterThan(billed);
  });

  it("end every item of every batch, and lose no run where nothing goes wrong", async () => {
    const calm = await simulate(9, "none", 60);
    expect(calm.items).toBeGreaterThan(5);
    expect(calm.paid_unknown).toBe(0);
    const crashed = await simulate(9, "crashes,queue", 60);
    expect(crashed.violations).toEqual([]);
    expect(crashed.items).toBeGreaterThan(5);
  });

  // Items whose paid run vanished, and that then found no money left, or had to wait for it.
  it.each([1073, 1128])("keep every promise in a world that once broke one (seed %i)", async (seed) => {
    expect((await simulate(seed, "all", 150)).violations).toEqual([]);
  });

  it("end every item of a provider's own batch, and book to the nano-dollar where nothing goes wrong", async () => {
    const calm = await simulate(3, "none", 1);
    expect(calm.violations).toEqual([]);
    expect(calm.items).toBeGreaterThan(30);
    expect(calm.booked).toBe(calm.billed);
    const troubled = await simulate(3, "provider,crashes,queue", 1);
    expect(troubled.violations).toEqual([]);
    expect(troubled.unknown).toBeGreaterThan(0);
  });

  it("have one history for one seed, and another for another", async () => {
    const first = await simulate(5, "all", 30);
    const again = await simulate(5, "all", 30);
    const other = await simulate(4, "all", 30);
    expect(again.history.digest()).toBe(first.history.digest());
    expect(again.violations).toEqual(first.violations);
    expect(other.history.digest()).not.toBe(first.history.digest());
  });

  it("leave the clock and the timers of their process as they were", async () => {
    const { setTimeout, clearTimeout } = globalThis;
    await simulate(5, "none", 5);
    expect(globalThis.setTimeout).toBe(setTimeout);
    expect(globalThis.clearTimeout).toBe(clearTimeout);
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(60_000);
  });

  it("know no other faults than those listed", () => {
    expect(() => parseFaults("crashes,storms")).toThrow('"storms" is no fault');
    expect(parseFaults("none").size).toBe(0);
  });
});
