import { afterEach, describe, expect, it, vi } from "vitest";
import { freeAbandonedWork, startLocalClock } from "../scripts/local-clock.ts";
import { BatchSimulation } from "./support/batch-simulation.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("the clock of the local server", () => {
  it("goes on after the engine has crashed and its stub throws at once", async () => {
    vi.useFakeTimers();
    let runs = 0;
    const poisoned = {
      scheduled: () => {
        throw new Error("the stub is poisoned");
      },
    };
    const healthy = { scheduled: async () => void (runs += 1) };
    let worker: typeof poisoned | typeof healthy = poisoned;
    const clock = startLocalClock(async () => worker, 60_000);
    await vi.advanceTimersByTimeAsync(60_000);
    worker = healthy;
    await vi.advanceTimersByTimeAsync(120_000);
    clock.stop();
    expect(runs).toBe(2);
  });

  it("begins no run while one is under way, unless that one does not end", async () => {
    vi.useFakeTimers();
    const ends: (() => void)[] = [];
    const worker = { scheduled: async () => new Promise<void>((resolve) => ends.push(resolve)) };
    const clock = startLocalClock(async () => worker, 500);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(ends).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(31_000);
    clock.stop();
    expect(ends).toHaveLength(3);
  });
});

describe("a local server that restarts", () => {
  it("goes on with accepted work at once, though its queues and consumers are gone", async () => {
    const simulation = new BatchSimulation({ consumers: 1, batchSize: 5 });
    simulation.callMs = 1_000_000;
    await simulation.accept(120);
    await simulation.run(simulation.now + 10_000);
    expect(simulation.calls).toBe(6);
    simulation.restart();
    simulation.callMs = 1_000;
    for (const shard of simulation.shards) await freeAbandonedWork(shard);
    await simulation.sweep();
    await simulation.run(simulation.now + 10_000);
    expect(simulation.done).toBeGreaterThan(20);
    await simulation.run(simulation.now + 60_000);
    expect(simulation.done).toBe(120);
  });
});
