import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { WINDOWS } from "../../../src/domain/batches/windows.ts";
import { newId } from "../../../src/domain/id.ts";
import { LANES } from "../../../src/domain/lane.ts";
import { BatchSimulation } from "../../support/batch-simulation.ts";

const MINUTE = 60_000;
/** The consumers of wrangler.toml, and the one of the local engine (`scripts/serve.ts`). */
const DEPLOYED = { consumers: 125, batchSize: 1 };
const LOCAL = { consumers: 1, batchSize: 5 };
/** The local consumer ends its run, and gives each awake group one round of calls of 2 s. */
const LOCAL_ROUND_MS = WINDOWS.batch * 2_000 + 10_000;

/** How long the first call of a single item, accepted now by a new tenant, takes to begin. */
async function delayOfAnother(simulation: BatchSimulation): Promise<number> {
  const accepted = simulation.now;
  const id = await simulation.accept(1);
  for (let step = 0; step < 60 && !simulation.firstCall.has(id); step += 1) {
    await simulation.run(simulation.now + 2_000);
  }
  return (simulation.firstCall.get(id) ?? Infinity) - accepted;
}

/** The groups that are awake: in the queue or at a consumer. */
async function countAwake(simulation: BatchSimulation): Promise<number> {
  const sql = "select count(*) as n from batch_groups where open = 1 and waiting = 0 and lane is not null";
  const counts = await Promise.all(simulation.shards.map(async (db) => db.prepare(sql).all<{ n: number }>()));
  return counts.reduce((sum, { results }) => sum + (results[0]?.n ?? 0), 0);
}

describe("a tenant with 50,000 items", () => {
  it.each([
    ["at the deployed consumers at once", DEPLOYED, 0],
    ["at the one local consumer after a round of the groups that are awake", LOCAL, LOCAL_ROUND_MS],
  ])("lets another tenant's single item begin %s", async (_where, queue, longest) => {
    const simulation = new BatchSimulation(queue);
    await simulation.accept(50_000);
    await simulation.run(simulation.now + 30_000);
    expect(await delayOfAnother(simulation)).toBeLessThanOrEqual(longest);
  });

  it("is not slower than it was with all consumers for itself", async () => {
    const simulation = new BatchSimulation(DEPLOYED);
    await simulation.accept(10_000);
    await simulation.run(simulation.now + MINUTE);
    expect(simulation.done).toBeGreaterThanOrEqual(3_300);
  });

  it("may be one of many: the item of another waits for a few short runs", async () => {
    const simulation = new BatchSimulation(DEPLOYED);
    for (let tenant = 0; tenant < 7; tenant += 1) await simulation.accept(1_300);
    await simulation.run(simulation.now + 10_000);
    expect(await countAwake(simulation)).toBe(7 * WINDOWS.batch);
    // Seven windows of 25 groups before 125 consumers, each for a turn of 5 s and its last calls.
    expect(await delayOfAnother(simulation)).toBeLessThanOrEqual(2 * 7_000);
  });
});

describe("the batches of one tenant", () => {
  it("take turns: a small one does not wait for the end of a large one", async () => {
    const simulation = new BatchSimulation(DEPLOYED);
    const tenant_id = newId("ten", simulation.now);
    await simulation.accept(3_000, { tenant_id });
    await simulation.run(simulation.now + 20_000);
    const accepted = simulation.now;
    const id = await simulation.accept(50, { tenant_id });
    await simulation.run(simulation.now + MINUTE);
    expect(simulation.firstCall.get(id)).toBeLessThanOrEqual(accepted + 20_000);
  });
});

describe("asynchronous executions", () => {
  it("of one tenant hold a part of their lane, however many and slow they are", async () => {
    const simulation = new BatchSimulation({ consumers: 250, batchSize: 1 });
    const tenant_id = newId("ten", simulation.now);
    const work = { kind: "execution", lane: "standard" } as const;
    simulation.callMs = MINUTE;
    for (let each = 0; each < 300; each += 1) await simulation.accept(1, { ...work, tenant_id });
    await simulation.run(simulation.now + 1_000);
    expect(simulation.calls).toBe(WINDOWS.standard);
    const accepted = simulation.now;
    const id = await simulation.accept(1, work);
    await simulation.run(simulation.now + 1_000);
    expect(simulation.firstCall.get(id)).toBe(accepted);
    await simulation.run(accepted + 6 * MINUTE);
    expect(simulation.done).toBe(301);
  });
});

describe("a group that waits for its turn", () => {
  it("is woken although consumers die with the messages: the sweep fills the window again", async () => {
    const simulation = new BatchSimulation(DEPLOYED);
    await simulation.accept(3_000);
    await simulation.run(simulation.now + 10_000);
    for (let crash = 0; crash < 2; crash += 1) {
      simulation.restart();
      for (let minute = 0; minute < 7; minute += 1) {
        await simulation.sweep();
        await simulation.run(simulation.now + 2_500);
        expect(await countAwake(simulation)).toBeLessThanOrEqual(WINDOWS.batch);
        await simulation.run(simulation.now + MINUTE - 2_500);
      }
    }
    expect(simulation.done).toBe(3_000);
  });

  it("is woken by the next sweep where every group that was awake left without waking it", async () => {
    const simulation = new BatchSimulation(DEPLOYED);
    await simulation.accept(2_500);
    simulation.restart();
    for (const db of simulation.shards) {
      await db.prepare("update batch_groups set open = 0, lane = null where waiting = 0").all();
      await db.prepare("update batch_items set state = 'cancelled' where group_number < 25").all();
    }
    await simulation.sweep();
    expect(simulation.queued).toBe(WINDOWS.batch);
    await simulation.run();
    expect(simulation.done).toBe(1_250);
  });

  it("waits also if older code accepted it and woke all groups at once", async () => {
    const simulation = new BatchSimulation(LOCAL);
    const tenant_id = newId("ten", simulation.now);
    const batch_id = await simulation.accept(4_000, { tenant_id });
    simulation.restart();
    for (const db of simulation.shards) await db.prepare("update batch_groups set lane = null, waiting = 0").all();
    for (let group = 0; group < 80; group += 1) simulation.send({ type: "group", tenant_id, batch_id, group });
    await simulation.run(simulation.now + 30_000);
    expect(await delayOfAnother(simulation)).toBeLessThanOrEqual(LOCAL_ROUND_MS);
    expect(await countAwake(simulation)).toBeGreaterThanOrEqual(WINDOWS.batch);
    await simulation.run();
    expect(simulation.done).toBe(4_001);
  });
});

describe("the sweep", () => {
  it("sends thousands of wake-ups a minute that a queue did not take", async () => {
    const simulation = new BatchSimulation({ consumers: 250, batchSize: 1 });
    simulation.unsendable = true;
    for (let tenant = 0; tenant < 1_000; tenant += 1) {
      await simulation.accept(1, { kind: "execution", lane: "standard" });
    }
    simulation.unsendable = false;
    simulation.now += 5 * MINUTE;
    await simulation.sweep();
    expect(simulation.queued).toBe(1_000);
  });
});

describe("the consumers of a lane", () => {
  it.each(LANES)("%s are five times those that one tenant may hold, one wake-up each", (lane) => {
    const config = readFileSync("wrangler.toml", "utf8");
    const [, consumer = ""] = config.split(`[[queues.consumers]]\nqueue = "pbt-edge-executions-${lane}"\n`);
    const setting = (name: string) => Number(new RegExp(`^${name} = (\\d+)$`, "m").exec(consumer)?.[1]);
    expect([setting("max_batch_size"), setting("max_concurrency")]).toEqual([1, 5 * WINDOWS[lane]]);
  });
});
