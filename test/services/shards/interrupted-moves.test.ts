import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { cancelMove, startMoves } from "../../../src/services/shards/start-moves.ts";
import { BatchDeletions } from "../../../src/storage/batches/deletions.ts";
import { BatchRepository } from "../../../src/storage/batches/batches.ts";
import { batches, tenants } from "../../../src/storage/schema.ts";
import { intercept, MovingWorld, SOURCE, TARGET } from "./moving-world.ts";

async function addBatch(world: MovingWorld, row: { state: "open" | "uploading"; ended_at?: number; items: number }) {
  const { items, ...rest } = row;
  const tenant_id = world.tenant;
  const kind = { kind: "batch", lane: "batch", mode: "queue", key_id: "k", created_at: 1, open_bytes: 0 } as const;
  const db = world.shards.of(tenant_id);
  await db.insert(batches).values({ id: "bat_1", tenant_id, ...kind, ...rest });
  if (row.state === "uploading") await db.run(sql`update batches set open_bytes = 5`);
  const positions = JSON.stringify(Array.from({ length: items }, (_, position) => position));
  await db.run(sql`insert into batch_items (batch_id, position, state)
    select 'bat_1', value, 'succeeded' from json_each(${positions})`);
}

describe("a move", () => {
  it("is not halted by sweeps that delete what it left behind", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    await addBatch(world, { state: "open", ended_at: 2, items: 2_001 });
    const { epoch } = await world.plan();
    await world.advanceUntil(epoch, "draining");
    let steps = 0;
    const cutOff = intercept(world.database(SOURCE), async (statements) => {
      if (statements.some((text) => text.includes("delete from batch_items"))) steps += 1;
      if (steps === 2) throw new Error("the worker was ended");
    });
    const sweep = new BatchDeletions(world.shardsOver({ ...world.databases, [SOURCE]: cutOff }));
    await sweep.deleteEnded("batch", world.clock.now).catch(() => undefined);
    const done = await world.advanceUntil(epoch, "done").catch(async () => world.moves.find(epoch));
    expect([done?.state, done?.detail]).toEqual(["done", null]);
  });

  it("is not halted by a sweep of uploads that were given up", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    await addBatch(world, { state: "uploading", items: 1 });
    const { epoch } = await world.plan();
    await world.advanceUntil(epoch, "draining");
    await new BatchRepository(world.shards).sweepUploads(world.clock.now);
    const done = await world.advanceUntil(epoch, "done").catch(async () => world.moves.find(epoch));
    expect([done?.state, done?.detail]).toEqual(["done", null]);
  });

  it("is cancelled where each of its steps fails", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    const full = {
      ...world.databases,
      [TARGET]: intercept(world.database(TARGET), async (statements) => {
        if (statements.some((text) => text.startsWith("insert or replace"))) throw new Error("the disk is full");
      }),
    };
    const { epoch } = await world.plan();
    await world.advance(full);
    expect((await world.moves.find(epoch))?.detail).toMatch(/^At \S+Z a step failed while copying: the disk is full$/);
    await world.moves.cancel(epoch);
    await world.advanceUntil(epoch, "cancelled", full);
    expect(await world.shards.of(world.tenant).select().from(tenants)).toHaveLength(1);
  });

  it("stays where it is once it is cancelled, though a worker that was taken for dead flips it then", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    const { epoch } = await world.plan();
    const arrive = await startLateWorker(world, SOURCE, "update bucket_guards set state = 'moved'");
    expect((await world.moves.find(epoch))?.state).toBe("closing");
    await world.moves.cancel(epoch);
    let [hasLooked, hasArrived] = [false, false];
    const source = intercept(world.database(SOURCE), async ([text = ""]) => {
      if (hasLooked && !hasArrived) {
        hasArrived = true;
        await arrive();
      }
      hasLooked ||= text.startsWith("select 1 from bucket_guards where state = 'moved'");
    });
    await world.advanceUntil(epoch, "cancelled", { ...world.databases, [SOURCE]: source });
    expect(hasArrived).toBe(true);
    expect(await world.shards.of(world.tenant).select().from(tenants)).toHaveLength(1);
  });
});

describe("a move whose worker is far from its databases", () => {
  /** Calls of the worker take their time, but those to the row of the move. */
  function farFrom(world: MovingWorld, roundTripOf: (text: string) => number) {
    const slow = async ([text = ""]: string[]) => {
      if (text.includes("shard_moves")) return;
      const until = world.clock.now + roundTripOf(text);
      await new Promise(setImmediate);
      world.clock.now = Math.max(world.clock.now, until);
    };
    const far = [SOURCE, TARGET].map((name) => [name, intercept(world.database(name), slow)] as const);
    return { ...world.databases, ...Object.fromEntries(far) };
  }

  it("flips at the first time, though a call takes 300 ms", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    const { epoch } = await world.plan();
    const far = farFrom(world, () => 300);
    const move = await world.advanceUntil(epoch, "draining", far);
    expect([move.closings, (move.closed_ms ?? Infinity) < 5_000]).toEqual([1, true]);
  });

  it("holds writes back once in each run of the sweep, where it cannot flip in time", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    const { epoch } = await world.plan();
    const far = farFrom(world, (text) => (text.startsWith("insert into foreign_tenants") ? 4_001 : 0));
    for (const closings of [1, 2, 3]) {
      await world.advance(far);
      expect(await world.moves.find(epoch)).toMatchObject({ state: "closing", closings });
      world.clock.now += 60_000;
    }
    expect((await world.advanceUntil(epoch, "draining")).closings).toBe(4);
  });
});

describe("a move that is halted", () => {
  async function haltMove() {
    const world = new MovingWorld();
    await world.addTenant();
    await addBatch(world, { state: "open", items: 1 });
    const { epoch, buckets } = await world.plan();
    await world.advanceUntil(epoch, "draining");
    // By code that knows no guards.
    await world.database(SOURCE).prepare("update batches set state = 'cancelled'").run();
    const { detail } = await world.advanceUntil(epoch, "halted");
    const ask = async (to: string, some = buckets) =>
      startMoves({ shards: world.shards, moves: world.moves, now: () => world.clock.now }, { to, buckets: some });
    return { world, epoch, buckets, detail, ask };
  }

  it("names the rows, and keeps its buckets where they are", async () => {
    const { world, detail, ask } = await haltMove();
    expect(detail).toBe('Rows were written on DB_SHARD_0 after they had left: batches ["bat_1"]');
    await expect(ask(SOURCE)).rejects.toMatchObject({ code: "conflict" });
    expect(await stateOfBatch(world)).toEqual(["open"]);
  });

  it("names what is written later as well, and keeps no notes of other rows", async () => {
    const { world, epoch } = await haltMove();
    const source = world.database(SOURCE);
    await source.prepare("insert into tenants (id, name, wrapped_data_key, created_at) values ('t', '', '', 1)").run();
    await source.prepare("update batches set state = 'open'").run();
    await source.prepare("delete from batch_items").run();
    world.clock.now += 60_000;
    await world.advance();
    const named = 'batches ["bat_1"], batch_items ["bat_1",0]';
    expect((await world.moves.find(epoch))?.detail?.split(": ")[1]).toBe(named);
    expect((await source.prepare("select * from shard_changes").all()).results).toEqual([]);
  });

  it("does not go on before it has named all that was written", async () => {
    const { world, epoch, buckets, ask } = await haltMove();
    await world
      .database(SOURCE)
      .prepare("insert into batch_items (batch_id, position, state) values ('bat_1', 1, 'queued')")
      .run();
    await ask(TARGET);
    expect((await world.advanceUntil(epoch, "halted")).detail).toContain('batch_items ["bat_1",1]');
    await ask(TARGET, buckets);
    await world.advanceUntil(epoch, "done");
  });

  it("goes on where just its buckets are asked for once more, and deletes what was written too late", async () => {
    const { world, epoch, buckets, ask } = await haltMove();
    expect(await ask(TARGET, [...buckets, ...buckets])).toMatchObject([{ epoch, state: "deleting", ended_at: null }]);
    await world.advanceUntil(epoch, "done");
    expect(await stateOfBatch(world)).toEqual(["open"]);
    expect((await world.database(SOURCE).prepare("select * from batches").all()).results).toEqual([]);
    expect((await world.database(SOURCE).prepare("select * from foreign_tenants").all()).results).toEqual([]);
  });

  it("cannot be cancelled, and says what to do", async () => {
    const { world, epoch } = await haltMove();
    await expect(cancelMove(world, epoch)).rejects.toThrow("ask for its buckets once more");
  });
});

/** A worker that is late with one call: it is taken for dead, and its call arrives all the same. */
async function startLateWorker(world: MovingWorld, shard: string, call: string) {
  const late = Promise.withResolvers<void>();
  const database = intercept(world.database(shard), async (statements) => {
    if (statements.some((text) => text.startsWith(call))) await late.promise;
  });
  const working = world.advance({ ...world.databases, [shard]: database });
  await new Promise(setImmediate);
  world.clock.now += 60_000;
  return async () => {
    late.resolve();
    await working;
  };
}

async function stateOfBatch(world: MovingWorld): Promise<string[]> {
  const rows = await world.shards.of(world.tenant).select().from(batches);
  return rows.map(({ state }) => state);
}

describe("a worker that was taken for dead", () => {
  it("does not write old copies over rows that changed since its successor moved them", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    await addBatch(world, { state: "open", items: 1 });
    const { epoch } = await world.plan();
    const arrive = await startLateWorker(world, TARGET, "insert or replace into batches");
    await world.advanceUntil(epoch, "done");
    await world.shards.of(world.tenant).update(batches).set({ state: "cancelled" });
    await arrive();
    expect([await stateOfBatch(world), world.faults.length]).toEqual([["cancelled"], 1]);
  });

  it("deletes nothing of a shard that has the rows again", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    await addBatch(world, { state: "open", items: 1 });
    const { epoch } = await world.plan();
    await world.advanceUntil(epoch, "draining");
    world.clock.now += 60_000;
    const arrive = await startLateWorker(world, SOURCE, "delete from batches");
    await world.advanceUntil(epoch, "done");
    const back = await world.plan(TARGET, SOURCE);
    await world.advanceUntil(back.epoch, "done");
    await arrive();
    expect([await stateOfBatch(world), world.faults.length]).toEqual([["open"], 1]);
  });
});
