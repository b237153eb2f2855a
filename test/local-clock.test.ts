import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RUN_CRONS, SWEEP_CRON } from "../src/domain/crons.ts";
import { freeAbandonedWork, startLocalClock } from "../scripts/local-clock.ts";
import { BatchSimulation } from "./support/batch-simulation.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("the crons", () => {
  it("are those of wrangler.toml", () => {
    const [, crons = ""] = /^crons = (.*)$/m.exec(readFileSync("wrangler.toml", "utf8")) ?? [];
    expect(JSON.parse(crons)).toEqual([SWEEP_CRON, ...RUN_CRONS]);
  });
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
    // Two crons a minute.
    expect(runs).toBe(4);
  });

  it("begins no run while one is under way, unless that one does not end", async () => {
    vi.useFakeTimers();
    const ends: (() => void)[] = [];
    const worker = { scheduled: async () => new Promise<void>((resolve) => ends.push(resolve)) };
    const clock = startLocalClock(async () => worker, 500);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(ends).toHaveLength(2);
    for (const end of ends) end();
    await vi.advanceTimersByTimeAsync(500);
    expect(ends).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(31_000);
    clock.stop();
    expect(ends).toHaveLength(6);
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
