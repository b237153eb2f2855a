import { eq, type SQL, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { bucketOf, bucketOfPrompt, bucketsFor } from "../../../src/domain/shard.ts";
import { planMoves } from "../../../src/domain/shards/shard-move.ts";
import { advanceMoves } from "../../../src/services/shards/advance-moves.ts";
import { AuditRepository } from "../../../src/storage/audit/audit-repository.ts";
import { BatchClaims } from "../../../src/storage/batches/claims.ts";
import { PromptRepository } from "../../../src/storage/prompts/prompts.ts";
import { MoveStore } from "../../../src/storage/resharding/move-store.ts";
import { bucketOfOwner, OWNED_TABLES } from "../../../src/storage/resharding/owned-tables.ts";
import { readKeys } from "../../../src/storage/resharding/stored-rows.ts";
import { batchItems, providerKeys, tenants } from "../../../src/storage/schema.ts";
import { createShards, type Shards, shardsAmong } from "../../../src/storage/shards.ts";
import { auditOf, Isolate, type Known, nothingKnown, TENANTS } from "./simulated-isolate.ts";
import { type Actor, SimulatedShards } from "./simulated-shards.ts";

const MOVERS = 3;
const ISOLATES = 4;

/** Workers of the sweep: each is stopped now and then, for a while or for ever. */
async function moveAll(world: SimulatedShards, actors: Set<Actor>): Promise<void> {
  const watch: Actor = { stoppedUntil: 0 };
  const store = new MoveStore(world.shardsOf(watch));
  const startMover = () => {
    const actor: Actor = { stoppedUntil: 0 };
    actors.add(actor);
    const shards = world.shardsOf(actor);
    const deps = { shards, moves: new MoveStore(shards), now: world.now, keysAStep: 1 + world.below(20) };
    const newToken = () => `t${world.events}-${world.below(1e9)}`;
    const onFault = (error: unknown) => {
      if (!/shard_fences/.test(String(error))) faults.push(error);
    };
    const loop = async () => {
      for (;;) {
        await advanceMoves({ ...deps, newToken, onFault });
        await world.sleep(actor, 500);
      }
    };
    void loop();
  };
  const faults: unknown[] = [];
  for (let mover = 0; mover < MOVERS; mover += 1) startMover();
  for (;;) {
    await world.sleep(watch, 2_000);
    if (faults.length > 0) throw faults[0];
    if ((await store.list(100)).every(({ ended_at }) => ended_at !== null)) return;
    const dead = [...actors].filter(({ stoppedUntil }) => stoppedUntil === Infinity);
    for (const actor of dead) {
      actors.delete(actor);
      startMover();
    }
  }
}

/** The rows of every table by shard, as they are at the end. */
async function checkPlaces(world: SimulatedShards, known: Known): Promise<number> {
  const shards = createShards(world.primaries);
  const guards = await shards.refresh();
  expect([...guards.values()].flat().filter(({ state }) => state !== "moved")).toEqual([]);
  for (const [name, db] of Object.entries(world.primaries)) {
    for (const table of OWNED_TABLES) {
      for (const { key, owner } of await readKeys(db, table, { after: null, limit: 100_000 })) {
        expect([table.name, key, shards.nameOf(bucketOfOwner(table, owner))]).toEqual([table.name, key, name]);
      }
    }
    expect((await db.prepare("select * from foreign_tenants").all()).results).toEqual([]);
    expect((await db.prepare("select name from sqlite_master where name like 'shard_note%'").all()).results).toEqual(
      [],
    );
  }
  const prompts = new PromptRepository(shards);
  for (const [key, version] of known.versions) {
    const [tenant = "", name = ""] = key.split("/");
    const found = await prompts.pointer(tenant, name);
    expect([key, found?.latest_version, found?.cache_epoch]).toEqual([key, version, known.purges.get(key) ?? 0]);
    expect(await prompts.listVersions(tenant, name, 1_000)).toHaveLength(version);
  }
  await checkAudit(shards, known);
  for (const [key, version] of known.keys) {
    const [tenant = "", name = ""] = key.split("/");
    const rows = await shards.of(tenant).select().from(providerKeys).where(eq(providerKeys.tenant_id, tenant));
    expect([key, rows.find((row) => row.name === name)?.version]).toEqual([key, version]);
  }
  for (const [key, state] of known.items) {
    const [tenant = "", id = "", position] = key.split("/");
    const rows = await shards.of(tenant).select().from(batchItems).where(eq(batchItems.batch_id, id));
    expect([key, rows.find((row) => row.position === Number(position))?.state]).toEqual([key, state]);
  }
  await checkLists(shards, known);
  const target = world.primaries["DB_SHARD_4"];
  return (await target?.prepare("select count(*) as n from prompts").all<{ n: number }>())?.results[0]?.n ?? 0;
}

/** What triggers wrote has come along as it was, and no copy has raised an epoch. */
async function checkLists(shards: Shards, { phases, statuses, epochs }: Known): Promise<void> {
  const rowsOf = async (of: ReadonlyMap<string, unknown>, query: (tenant: string, id: string) => SQL) =>
    Promise.all(
      [...of.keys()].map(async (key) => {
        const [tenant = "", id = ""] = key.split("/");
        const [row] = await shards.of(tenant).all<{ value: unknown }>(query(tenant, id));
        return [key, row?.value];
      }),
    );
  const batchPhases = await rowsOf(phases, (_, id) => sql`select phase as value from batches where id = ${id}`);
  expect(batchPhases).toEqual([...phases]);
  const headStatuses = await rowsOf(
    statuses,
    (_, id) => sql`select status as value from experiment_heads where run_id = ${id}`,
  );
  expect(headStatuses).toEqual([...statuses]);
  const tenantEpochs = await rowsOf(epochs, (tenant) => sql`select epoch as value from tenants where id = ${tenant}`);
  expect(tenantEpochs).toEqual([...epochs]);
}

/** Each change has its entry, what changed nothing has none, and no entry has another change's place. */
async function checkAudit(shards: Shards, { versions, purges }: Known): Promise<void> {
  const audit = new AuditRepository(shards);
  for (const tenant of TENANTS) {
    const entries = await auditOf(audit, tenant, 50);
    const found = Map.groupBy(entries, ({ action, object }) => `${action} ${object}`);
    const counts = [...found].map(([change, some]) => `${change} ${some.length}`);
    const of = (known: Map<string, number>, action: string) =>
      [...known].flatMap(([key, count]) => {
        const [owner, name] = key.split("/");
        return owner === tenant ? [`${action} prompt:${name} ${count}`] : [];
      });
    const made = [...of(versions, "prompt.published"), ...of(purges, "prompt.cache_purged")];
    expect([tenant, counts.toSorted()]).toEqual([tenant, made.toSorted()]);
  }
}

interface Trial {
  /** Whether moves are cancelled on their way. */
  cancels?: boolean;
  /** What isolates do until, and after, all has moved. */
  work?: (isolate: Isolate, moved: Promise<void>) => Promise<void>;
}

async function tryMoves(seed: number, { cancels = false, work: use = async (isolate) => isolate.work() }: Trial = {}) {
  const world = new SimulatedShards(seed);
  const watch: Actor = { stoppedUntil: 0 };
  const shards = world.shardsOf(watch);
  const known: Known = nothingKnown();
  const actors = new Set<Actor>();
  const store = new MoveStore(shards);
  const work = async () => {
    for (const id of TENANTS) {
      await shards.of(id).insert(tenants).values({ id, name: id, wrapped_data_key: "", created_at: 1 });
    }
    const isolates = Array.from({ length: ISOLATES }, (_, number) => new Isolate(world, known, number));
    const move = async () => {
      // To the fifth shard, and then half of it on to another, so that pointers form chains.
      for (const [target, share] of [
        ["DB_SHARD_4", 0.6],
        ["DB_SHARD_1", 0.4],
      ] as const) {
        await shards.refresh();
        await store.add(
          planMoves(bucketsFor("DB_SHARD_4", share), target, (bucket) => shards.nameOf(bucket)),
          world.now(),
        );
        if (cancels) for (const { epoch } of await store.list(9)) if (world.random() < 0.5) await store.cancel(epoch);
        await moveAll(world, actors);
        if (world.random() < 0.3) return;
      }
    };
    const sweep = async () => {
      const claims = new BatchClaims(world.shardsOf(watch));
      for (let times = 0; times < 30; times += 1) {
        await claims.overdueGroups(world.now(), world.now() + 100, 5);
        await world.sleep(watch, 100);
      }
    };
    const moved = move();
    await Promise.all([...isolates.map(async (isolate) => use(isolate, moved)), moved, sweep()]);
  };
  await world.run(work(), () => {
    for (const actor of actors) {
      const chance = world.random();
      if (actor.stoppedUntil > world.now() || chance > 0.004) continue;
      actor.stoppedUntil = chance < 0.002 ? Infinity : world.now() + world.below(60_000);
    }
  });
  const arrived = await checkPlaces(world, known);
  const states = (await new MoveStore(createShards(world.primaries)).list(100)).map(({ state }) => state);
  const fromReplicas = [...world.databases.values()].reduce((sum, { answered }) => sum + answered, 0);
  return { arrived, states, fromReplicas };
}

const SEEDS = Number(process.env["SEEDS"] ?? 3);
const FIRST = Number(process.env["FIRST_SEED"] ?? 1);

describe("buckets that move", () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
    "lose no write and are in one place at the end, whoever is killed or late (seed %i)",
    async (seed) => {
      const { states } = await tryMoves(seed);
      expect(states.filter((state) => state !== "done")).toEqual([]);
    },
  );

  it.each([101, 102])("go back to their source where a move is cancelled (seed %i)", async (seed) => {
    const { states } = await tryMoves(seed, { cancels: true });
    expect(states.filter((state) => state !== "done" && state !== "cancelled")).toEqual([]);
  });

  it.each(Array.from({ length: Math.ceil(SEEDS / 3) }, (_, index) => 200 + FIRST + index))(
    "are read from replicas that are behind by their bound at most, and show callers their own writes (seed %i)",
    async (seed) => {
      const { fromReplicas } = await tryMoves(seed, {
        work: async (isolate, moved) => isolate.readFromReplicas(moved),
      });
      expect(fromReplicas).toBeGreaterThan(100);
    },
  );

  it("are taken from every shard that has some, in one move each, and none while one of them moves", async () => {
    const world = new SimulatedShards(1);
    const shards = createShards(world.primaries);
    const store = new MoveStore(shards);
    const plan = (share: number) =>
      planMoves(bucketsFor("DB_SHARD_4", share), "DB_SHARD_4", (bucket) => shards.nameOf(bucket));
    const added = await store.add(plan(0.2), 1);
    expect(added.map(({ source }) => source).toSorted()).toEqual([
      "DB_SHARD_0",
      "DB_SHARD_1",
      "DB_SHARD_2",
      "DB_SHARD_3",
    ]);
    expect(added.flatMap(({ buckets }) => buckets)).toHaveLength(205);
    expect(await store.add(plan(0.3), 2)).toEqual([]);
  });

  it("are those of its rows: of a tenant by its id, of a prompt by its tenant and name", () => {
    expect(bucketOfPrompt({ tenant_id: "ten_1", name: "p" })).toBe(bucketOf("ten_1/p"));
  });
});

describe("the shards of a deployment", () => {
  it("are all of the first four, or no bucket would be where it was", () => {
    const db = {} as D1Database;
    const four = { DB_SHARD_0: db, DB_SHARD_1: db, DB_SHARD_2: db, DB_SHARD_3: db };
    expect(Object.keys(shardsAmong({ ...four, DB_SHARD_4: db, CACHE: {} }))).toEqual([
      ...Object.keys(four),
      "DB_SHARD_4",
    ]);
    expect(() => shardsAmong({ ...four, DB_SHARD_2: undefined })).toThrow("lacks the bindings DB_SHARD_2");
  });
});
