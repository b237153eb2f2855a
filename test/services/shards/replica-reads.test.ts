import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { AppError, notFound } from "../../../src/domain/errors.ts";
import { bucketOfPrompt } from "../../../src/domain/shard.ts";
import { OwnWrites } from "../../../src/services/system/own-writes.ts";
import { listBatches } from "../../../src/storage/batches/batch-list.ts";
import { PromptRepository } from "../../../src/storage/prompts/prompts.ts";
import { readDated, ReadScope } from "../../../src/storage/read-scope.ts";
import { createShards, type Shards } from "../../../src/storage/shards.ts";
import { ReplicatedD1, replicatedAccess } from "./replicated-d1.ts";

const MAX_LAG_MS = 1_000;
const TENANT = "ten_1";

/** Shards whose replicas take over only what a session asks for. */
function openWorld() {
  const clock = { now: 1_000_000 };
  const databases = new Map(Array.from({ length: 4 }, (_, n) => [`DB_SHARD_${n}`, new ReplicatedD1()]));
  const bindings = Object.fromEntries([...databases].map(([name, of]) => [name, replicatedAccess(of)]));
  const pauses = { now: () => clock.now, sleep: async () => undefined };
  const newIsolate = () => createShards(bindings, { pauses, maxLagMs: MAX_LAG_MS });
  const answered = () => [...databases.values()].reduce((sum, each) => sum + each.answered, 0);
  /** Moves a bucket without rows, in the databases alone. */
  const moveBucket = (name: string, from: string, to: string) => {
    const sql =
      "insert into bucket_guards (bucket, state, peer, epoch, token, until) values (?, 'moved', ?, 1, 't', 0)";
    databases.get(from)?.onPrimary([{ sql, params: [bucketOfPrompt({ tenant_id: TENANT, name }), to] }]);
  };
  const breakReplicas = () => {
    const asked = { count: 0 };
    for (const each of databases.values()) {
      each.onReplica = () => {
        asked.count += 1;
        throw new Error("the replica does not answer");
      };
    }
    return asked;
  };
  return { clock, newIsolate, answered, moveBucket, breakReplicas };
}

async function publish(shards: Shards, name: string, content_hash = "1"): Promise<ReadScope> {
  const reading = new ReadScope({ mayLag: false });
  await reading.during(async () => publishNow(shards, name, content_hash));
  return reading;
}

async function versionOf(shards: Shards, name: string, reading: ReadScope | undefined): Promise<number | undefined> {
  const read = async () => (await new PromptRepository(shards).pointer(TENANT, name))?.latest_version;
  return reading ? reading.during(read) : read();
}

const lagging = () => new ReadScope({ mayLag: true });

/** A name whose prompt is on a shard. */
function nameOn(shards: Shards, shard: string, not: readonly string[] = []): string {
  for (let n = 0; ; n += 1) {
    const name = `p${n}`;
    const bucket = bucketOfPrompt({ tenant_id: TENANT, name });
    if (shards.nameOf(bucket) === shard && !not.includes(name)) return name;
  }
}

describe("a read that may be behind", () => {
  it("is answered by a replica while its isolate knows what the primary had within the bound", async () => {
    const { clock, newIsolate, answered } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    await publish(writer, "p");
    expect(await versionOf(reader, "p", lagging())).toBe(1);
    await publish(writer, "p", "2");
    clock.now += MAX_LAG_MS;
    const late = lagging();
    expect([await versionOf(reader, "p", late), answered()]).toEqual([1, 1]);
    expect(late.asOf).toBe(clock.now - MAX_LAG_MS);
    clock.now += 1;
    expect([await versionOf(reader, "p", lagging()), answered()]).toEqual([2, 1]);
  });

  it("asks the primary where nobody said that it may be behind, or an earlier answer said more", async () => {
    const { newIsolate, answered } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    await publish(writer, "p");
    await versionOf(reader, "p", lagging());
    const { bookmarks } = await publish(writer, "p", "2");
    expect(await versionOf(reader, "p", undefined)).toBe(2);
    expect(await versionOf(reader, "p", new ReadScope({ mayLag: false }))).toBe(2);
    expect(answered()).toBe(0);
    expect(await versionOf(reader, "p", new ReadScope({ mayLag: true, since: bookmarks }))).toBe(2);
    expect(answered()).toBe(1);
  });

  it("is not behind by more than the bound once the clock was set back", async () => {
    const { clock, newIsolate } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    await publish(writer, "p");
    await versionOf(reader, "p", lagging());
    clock.now -= 3_600_000;
    for (const version of [2, 3]) {
      await publish(writer, "p", String(version));
      clock.now += MAX_LAG_MS + 1;
      expect(await versionOf(reader, "p", lagging())).toBe(version);
    }
    await publish(writer, "p", "4");
    expect(await versionOf(reader, "p", lagging())).toBe(3);
  });

  it("may begin with a common table expression, which is no write", async () => {
    const { newIsolate, answered } = openWorld();
    const reader = newIsolate();
    const list = async () => listBatches(reader.of(TENANT), TENANT, { limit: 1 });
    const first = lagging();
    await first.during(list);
    expect(await lagging().during(list)).toEqual([]);
    expect([answered(), first.hasWritten]).toEqual([1, false]);
    const drop = sql`with old as (select 'p' as name) delete from prompts where name in (select name from old)`;
    const writing = new ReadScope({ mayLag: true });
    await writing.during(async () => reader.of(TENANT).run(drop));
    expect([answered(), writing.hasWritten]).toEqual([1, true]);
  });

  it("is answered by the primary where its replica fails", async () => {
    const { newIsolate, breakReplicas } = openWorld();
    const reader = newIsolate();
    await publish(reader, "p");
    breakReplicas();
    const reading = lagging();
    expect([await versionOf(reader, "p", reading), reading.asOf]).toEqual([1, Infinity]);
  });

  it("asks no replica for a while where one failed", async () => {
    const { clock, newIsolate, breakReplicas } = openWorld();
    const reader = newIsolate();
    await publish(reader, "p");
    const asked = breakReplicas();
    for (let reads = 0; reads < 5; reads += 1) await versionOf(reader, "p", lagging());
    expect(asked.count).toBe(1);
    clock.now += 10_000;
    await publish(reader, "p", "2");
    expect([await versionOf(reader, "p", lagging()), asked.count]).toEqual([2, 2]);
  });

  it("sees what its caller wrote to another shard since its isolate knew where the rows are", async () => {
    const { newIsolate, moveBucket } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const name = nameOn(reader, "DB_SHARD_0");
    await versionOf(reader, name, lagging());
    moveBucket(name, "DB_SHARD_0", "DB_SHARD_1");
    const { bookmarks } = await publish(writer, name);
    expect([...bookmarks.keys()]).toContain("DB_SHARD_1");
    expect(await versionOf(reader, name, new ReadScope({ mayLag: true, since: bookmarks }))).toBe(1);
  });

  it("goes to the primaries once the isolate learns of a move, for all buckets that moved", async () => {
    const { newIsolate, moveBucket } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const one = nameOn(reader, "DB_SHARD_0");
    const other = nameOn(reader, "DB_SHARD_0", [one]);
    // The reader knows a state of the shard that `other` is about to move to.
    await versionOf(reader, nameOn(reader, "DB_SHARD_2"), lagging());
    moveBucket(one, "DB_SHARD_0", "DB_SHARD_1");
    moveBucket(other, "DB_SHARD_0", "DB_SHARD_2");
    await publish(writer, one);
    await publish(writer, other);
    expect(await versionOf(reader, one, lagging())).toBe(1);
    expect(await versionOf(reader, other, lagging())).toBe(1);
  });
});

describe("a record that is read nearby", () => {
  it("says as of when it was so, and is asked of the primary where a replica has none", async () => {
    const { clock, newIsolate, answered } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const load = async () => versionOf(reader, "p", undefined);
    expect(await readDated(load, "nearby")).toEqual({ value: undefined, asOf: undefined });
    await publish(writer, "p");
    clock.now += 500;
    expect([await readDated(load, "nearby"), answered()]).toEqual([{ value: 1, asOf: undefined }, 1]);
    clock.now += 300;
    await publish(writer, "p", "2");
    expect([await readDated(load, "nearby"), answered()]).toEqual([{ value: 1, asOf: clock.now - 300 }, 2]);
  });
});

describe("a token of an answer", () => {
  const request = (token: string | undefined, work: () => Promise<unknown>) => ({ isRead: true, token, work });

  it("makes reads see the write that the answer was to, for a minute", async () => {
    const { clock, newIsolate, answered } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const ownWrites = new OwnWrites({ now: () => clock.now, pepper: "a pepper of 16" });
    await publish(writer, "p");
    const read = async (token?: string) => ownWrites.run(request(token, async () => versionOf(reader, "p", undefined)));
    expect(await read()).toEqual({ result: 1, token: undefined });
    const publishing = async () => publishNow(writer, "p", "2");
    const { token = "" } = await ownWrites.run({ isRead: false, token: undefined, work: publishing });
    expect((await read()).result).toBe(1);
    const after = await read(token);
    expect(after).toEqual({ result: 2, token: undefined });
    expect(token).toMatch(/^[\w-]+\.[0-9a-f]{32}$/);
    const before = answered();
    expect((await read("made-up.00000000000000000000000000000000")).result).toBe(2);
    expect((await read(`${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`)).result).toBe(2);
    expect(answered()).toBe(before);
    clock.now += 60_001;
    await read();
    await publish(writer, "p", "3");
    expect((await read(token)).result).toBe(2);
  });

  it("is not needed to find what was made just now: what a replica lacks is read from the primary", async () => {
    const { clock, newIsolate } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const ownWrites = new OwnWrites({ now: () => clock.now, pepper: "a pepper of 16" });
    const find = async () => {
      const version = await versionOf(reader, "p", undefined);
      if (version === undefined) throw notFound("prompt");
      return version;
    };
    await expect(ownWrites.run(request(undefined, find))).rejects.toThrow(AppError);
    await publish(writer, "p");
    expect((await ownWrites.run(request(undefined, find))).result).toBe(1);
  });
});

async function publishNow(shards: Shards, name: string, content_hash: string): Promise<void> {
  const row = { tenant_id: TENANT, name, content_hash, format: "yaml", source: "x", created_at: 1 } as const;
  await new PromptRepository(shards).publish({ ...row, definition: { tags: [] } as never, warnings: [] });
}
