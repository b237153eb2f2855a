import { describe, expect, it } from "vitest";
import { bucketOf } from "../../../src/domain/shard.ts";
import { startMoves } from "../../../src/services/shards/start-moves.ts";
import { tenants, webhooks } from "../../../src/storage/schema.ts";
import { type Databases, intercept, MovingWorld, SOURCE, TARGET } from "./moving-world.ts";

/** A tenant of another bucket of the source than the world's. */
async function addOther(world: MovingWorld): Promise<{ id: string; bucket: number }> {
  for (let n = 0; ; n += 1) {
    const id = `other_${n}`;
    const bucket = bucketOf(id);
    if (world.shards.nameOf(bucket) !== SOURCE || bucket === bucketOf(world.tenant)) continue;
    await world.shards.of(id).insert(tenants).values({ id, name: "o", wrapped_data_key: "", created_at: 1 });
    return { id, bucket };
  }
}

describe("moves from one shard", () => {
  /** A move that is halted, and another one from its source that is planned then. */
  async function openRivals() {
    const world = new MovingWorld();
    await world.addTenant();
    const other = await addOther(world);
    const first = await world.plan();
    await world.advanceUntil(first.epoch, "draining");
    await world.database(SOURCE).prepare("update tenants set name = 'late'").run();
    await world.advanceUntil(first.epoch, "halted");
    const [second] = await world.moves.add([{ source: SOURCE, target: TARGET, buckets: [other.bucket] }], 1);
    if (!second) throw new Error("the second move was not added");
    const resume = async () =>
      startMoves(
        { shards: world.shards, moves: world.moves, now: () => world.clock.now },
        { to: TARGET, buckets: first.buckets },
      );
    return { world, other, first, second, resume };
  }

  it("begin one after the other, and none while one is halted", async () => {
    const { world, first, second, resume } = await openRivals();
    world.clock.now += 60_000;
    await world.advance();
    expect((await world.moves.find(second.epoch))?.state).toBe("planned");
    await resume();
    await world.advanceUntil(second.epoch, "done");
    expect((await world.moves.find(first.epoch))?.state).toBe("done");
  });

  it("lose no change of each other's rows: one that is halted waits for one that is under way", async () => {
    const { world, other, first, second, resume } = await openRivals();
    // As a version of the code left it that let both go on.
    await world.database(SOURCE).prepare("update shard_moves set state = 'done' where epoch = 1").run();
    await world.advanceUntil(second.epoch, "closing", withoutClosing(world));
    await world.database(SOURCE).prepare("update shard_moves set state = 'halted' where epoch = 1").run();
    await expect(resume()).rejects.toMatchObject({ code: "conflict" });
    const row = { tenant_id: other.id, name: "w", url: "u", events: [], secret: "s", created_at: 1, updated_at: 1 };
    await world.shards.of(other.id).insert(webhooks).values(row);
    await world.advanceUntil(second.epoch, "done");
    expect(await world.shards.of(other.id).select().from(webhooks)).toHaveLength(1);
    await resume();
    await world.advanceUntil(first.epoch, "done");
  });
});

/** The databases, of which the source cannot be closed. */
function withoutClosing(world: MovingWorld): Databases {
  const source = intercept(world.database(SOURCE), async ([, text = ""]) => {
    if (text.startsWith("insert into bucket_guards")) throw new Error("not now");
  });
  return { ...world.databases, [SOURCE]: source };
}

describe("a move whose database is gone from the deployment", () => {
  async function openWorld() {
    const world = new MovingWorld();
    await world.addTenant();
    const { epoch } = await world.plan();
    await world.advanceUntil(epoch, "closing", withoutClosing(world));
    const { [TARGET]: _, ...rest } = world.databases;
    return { world, epoch, rest };
  }

  it("keeps no move from other shards waiting", async () => {
    const { world, rest } = await openWorld();
    const bucket = Array.from({ length: 1_024 }, (_, b) => b).find((b) => world.shards.nameOf(b) === "DB_SHARD_1");
    const [other] = await world.moves.add([{ source: "DB_SHARD_1", target: "DB_SHARD_2", buckets: [bucket ?? 0] }], 1);
    await world.advanceUntil(other?.epoch ?? 0, "done", rest);
    expect(world.faults).toContain("RangeError: this deployment has no shard DB_SHARD_4");
  });

  it("can be taken back, and leaves no notes; later it moves to the database, should that return", async () => {
    const { world, epoch, rest } = await openWorld();
    await world.moves.cancel(epoch);
    await world.advanceUntil(epoch, "cancelled", rest);
    const triggers = "select name from sqlite_master where name like 'shard_note%'";
    expect((await world.database(SOURCE).prepare(triggers).all()).results).toEqual([]);
    await world.shards.of(world.tenant).update(tenants).set({ name: "new" });
    const { epoch: again } = await world.plan();
    await world.advanceUntil(again, "done");
    expect(await world.shards.of(world.tenant).select({ name: tenants.name }).from(tenants)).toEqual([{ name: "new" }]);
    expect((await world.database(TARGET).prepare("select * from foreign_tenants").all()).results).toEqual([]);
  });
});

describe("a move from a busy shard", () => {
  it("comes to its end though 1,000 rows change there during each of its steps", async () => {
    const world = new MovingWorld();
    await world.addTenant();
    const { id } = await addOther(world);
    const source = world.database(SOURCE);
    const batch = "insert into batches (id, tenant_id, key_id, kind, lane, mode, state, created_at, open_bytes)";
    await source.prepare(`${batch} values ('b', ?, 'k', 'batch', 'batch', 'queue', 'open', 1, 0)`).bind(id).run();
    const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)";
    const items = `insert into batch_items (batch_id, position, state) ${numbers} select 'b', i, 'queued' from n`;
    await source.prepare(items).bind(1_000).run();
    const { epoch } = await world.plan();
    const busy = intercept(source, async ([text = ""]) => {
      if (text.startsWith("select seq")) await source.prepare("update batch_items set starts = starts + 1").run();
    });
    const done = await world.advanceUntil(epoch, "done", { ...world.databases, [SOURCE]: busy });
    expect(done.closings).toBe(1);
  });
});
