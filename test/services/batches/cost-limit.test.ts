import { describe, expect, it } from "vitest";
import { answer, BILL, brokeOff, openPaidBatch, turnedAway } from "../../support/paid-batch.ts";

describe("max_cost_usd", () => {
  it("holds where calls are billed and nothing of their answers comes", async () => {
    const { world, accept, run } = openPaidBatch(async () => Promise.reject(brokeOff()));
    await accept(6, 12);
    const { counts, cost_nanousd } = await run();
    expect(counts).toMatchObject({ failed: 6 });
    expect(world.calls).toBeGreaterThan(0);
    expect(world.calls * BILL).toBeLessThanOrEqual(12 * BILL);
    expect(cost_nanousd).toBeGreaterThanOrEqual(world.calls * BILL);
  });

  it("holds where an answer comes at the second call, and the first was billed", async () => {
    const { world, accept, run } = openPaidBatch(async (call) =>
      call % 2 === 1 ? Promise.reject(brokeOff()) : { ...answer },
    );
    await accept(30, 12);
    const { cost_nanousd } = await run();
    expect(world.calls * BILL).toBeLessThanOrEqual(12 * BILL);
    expect(cost_nanousd).toBeGreaterThanOrEqual(world.calls * BILL);
  });

  it("is not used up by calls that the provider turned away", async () => {
    const { accept, run } = openPaidBatch(async (call) =>
      call % 2 === 1 ? Promise.reject(turnedAway()) : { ...answer },
    );
    await accept(3, 12);
    expect(await run()).toMatchObject({ counts: { succeeded: 3 }, cost_nanousd: 3 * BILL });
  });

  it.each([
    ["a moment while an item runs", 30_000, 2],
    ["minutes while a provider's batch may have an item for a day", 86_400_000, 300],
  ])("makes an item wait for %s that holds the money", async (_what, leaseMs, seconds) => {
    const { world, accept, holdFirst, wake } = openPaidBatch(async () => ({ ...answer }));
    await accept(2, 5);
    await holdFirst(leaseMs, 5);
    await wake();
    expect(world.calls).toBe(0);
    expect(world.delays.at(-1)).toBe(seconds);
  });

  it("holds where answers that were paid cannot be put on record", async () => {
    const { world, accept, run } = openPaidBatch(async () => ({ ...answer }));
    world.unrecordable = 60;
    await accept(6, 12);
    await run();
    expect(world.calls * BILL).toBeLessThanOrEqual(12 * BILL);
  });

  it("holds where consumers vanish in the middle of calls that are billed", async () => {
    let vanishes = true;
    const { world, accept, run, vanish } = openPaidBatch(async () =>
      vanishes ? new Promise<never>(() => undefined) : { ...answer },
    );
    await accept(1, 12);
    for (let death = 0; death < 15; death++) await vanish();
    vanishes = false;
    const { cost_nanousd } = await run();
    expect(world.calls * BILL).toBeLessThanOrEqual(12 * BILL);
    expect(cost_nanousd).toBeLessThanOrEqual(12 * BILL);
    // The runs that vanished were paid, and each has a record of its own.
    expect(world.calls).toBeGreaterThan(1);
    expect(world.rows.map(({ status }) => status)).toEqual(Array(world.calls).fill("unknown"));
    expect(new Set(world.rows.map(({ id }) => id)).size).toBe(world.calls);
  });
});
