import { describe, expect, it } from "vitest";
import { LAST_START_MS, LAST_START_QUERIES } from "../../../src/domain/batches/invocation-limits.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import { QueueInvocation } from "../../../src/services/batches/queue-invocation.ts";
import { BatchSimulation } from "../../support/batch-simulation.ts";
import { openLocalShards } from "../../../load/harness/local-d1.ts";

const MINUTE = 60_000;
/** What the platform allows, less a margin of a minute and of a tenth. */
const LONGEST_MS = 14 * MINUTE;
const MOST_QUERIES = 900;

describe("an invocation of a queue consumer", () => {
  it.each([
    ["2 s", 2_000],
    ["20 s", 20_000],
    ["60 s", 60_000],
    ["300 s", 300_000],
  ])("ends within the platform's time and queries when calls last %s", async (_what, callMs) => {
    const simulation = new BatchSimulation({ consumers: 1, batchSize: 20 });
    simulation.callMs = callMs;
    for (let tenant = 0; tenant < 20; tenant += 1) await simulation.accept(50);
    const until = simulation.now + 20 * MINUTE;
    await simulation.run(until);
    expect(Math.max(...simulation.invocations.map(({ duration }) => duration))).toBeLessThanOrEqual(LONGEST_MS);
    expect(Math.max(...simulation.invocations.map(({ statements }) => statements))).toBeLessThanOrEqual(MOST_QUERIES);
    // The places are in use all the time: groups that wait do not hold the others up.
    expect(simulation.done).toBeGreaterThanOrEqual(Math.min(1_000, 0.6 * 6 * Math.floor((20 * MINUTE) / callMs)));
  });

  it("begins nothing new once it has used up its queries, or its time", async () => {
    const clock = { now: 0 };
    const settings = { itemsAtOnce: 6, leaseMs: 30_000 };
    const deps = { now: () => clock.now, every: () => () => undefined, settings, recordAll: async () => undefined };
    const shards = openLocalShards(() => undefined);
    const busy = new QueueInvocation(deps as unknown as BatchDeps);
    expect(busy.hasRoom()).toBe(true);
    await busy.during(async () => {
      for (let query = 0; query < LAST_START_QUERIES; query += 1) await shards.of("ten_x").all("select 1");
    });
    expect(busy.hasRoom()).toBe(false);
    const late = new QueueInvocation(deps as unknown as BatchDeps);
    clock.now += LAST_START_MS;
    expect(late.hasRoom()).toBe(false);
  });
});
