import { eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { bucketOf, bucketOfPrompt, bucketsFor } from "../../../src/domain/shard.ts";
import { planMoves } from "../../../src/domain/shards/shard-move.ts";
import { advanceMoves } from "../../../src/services/shards/advance-moves.ts";
import { BatchClaims } from "../../../src/storage/batches/claims.ts";
import { PromptRepository } from "../../../src/storage/prompts/prompts.ts";
import { MoveStore } from "../../../src/storage/resharding/move-store.ts";
import { bucketOfOwner, OWNED_TABLES } from "../../../src/storage/resharding/owned-tables.ts";
import { readKeys } from "../../../src/storage/resharding/stored-rows.ts";
import { batchGroups, batchItems, batches, providerKeys, tenants } from "../../../src/storage/schema.ts";
import { createShards } from "../../../src/storage/shards.ts";
import { type Actor, SimulatedShards } from "./simulated-shards.ts";

const TENANTS = Array.from({ length: 12 }, (_, index) => `ten_${index}`);
const NAMES = Array.from({ length: 6 }, (_, index) => `p${index}`);
const MOVERS = 3;
const ISOLATES = 4;
const OPERATIONS = 40;

/** What was acknowledged. */
interface Known {
  versions: Map<string, number>;
  purges: Map<string, number>;
  keys: Map<string, number>;
  items: Map<string, string>;
}

/** One isolate: it writes, and reads what was acknowledged to anybody before. */
class Isolate {
  readonly #world: SimulatedShards;
  readonly #shards;
  readonly #prompts;
  readonly #known: Known;
  readonly #number: number;
  readonly #actor: Actor = { stoppedUntil: 0 };
  #made = 0;

  constructor(world: SimulatedShards, known: Known, number: number) {
    this.#world = world;
    this.#known = known;
    this.#number = number;
    this.#shards = world.shardsOf(this.#actor);
    this.#prompts = new PromptRepository(this.#shards);
  }

  async work(): Promise<void> {
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      const all = [this.#publish, this.#purge, this.#read, this.#list, this.#setKey, this.#addBatch, this.#endItem];
      await all[this.#world.below(all.length)]?.call(this);
      // Long enough now and then that every state of the moves meets some of it.
      if (this.#world.random() < 0.3) await this.#world.sleep(this.#actor, this.#world.below(12_000));
    }
  }

  #tenant(): string {
    return TENANTS[this.#world.below(TENANTS.length)] ?? "";
  }

  async #publish(): Promise<void> {
    const [tenant_id, name] = [this.#tenant(), NAMES[this.#world.below(NAMES.length)] ?? ""];
    this.#made += 1;
    const content_hash = `${this.#number}-${this.#made}`;
    const definition = { tags: ["a", content_hash] } as never;
    const row = { tenant_id, name, content_hash, format: "yaml", source: "x", definition, warnings: [] } as const;
    const { versions } = this.#known;
    const published = await this.#prompts.publish({ ...row, warnings: [], created_at: this.#world.now() });
    expect(published?.created).toBe(true);
    const key = `${tenant_id}/${name}`;
    versions.set(key, (versions.get(key) ?? 0) + 1);
  }

  async #purge(): Promise<void> {
    const [key = ""] = this.#any(this.#known.versions);
    const [tenant = "", name = ""] = key.split("/");
    if (!(await this.#prompts.purge(tenant, name))) expect(key).toBe("");
    else this.#known.purges.set(key, (this.#known.purges.get(key) ?? 0) + 1);
  }

  async #read(): Promise<void> {
    const [key = ""] = this.#any(this.#known.versions);
    const [tenant = "", name = ""] = key.split("/");
    const before = { versions: this.#known.versions.get(key) ?? 0, purges: this.#known.purges.get(key) ?? 0 };
    const found = await this.#prompts.pointer(tenant, name);
    expect(found?.latest_version ?? 0).toBeGreaterThanOrEqual(before.versions);
    expect(found?.cache_epoch ?? 0).toBeGreaterThanOrEqual(before.purges);
  }

  async #list(): Promise<void> {
    const tenant = this.#tenant();
    const before = [...this.#known.versions.keys()].filter((key) => key.startsWith(`${tenant}/`));
    const names: string[] = [];
    for (let after: string | undefined, more = true; more;) {
      const page = await this.#prompts.list(tenant, { limit: 2, after });
      names.push(...page.data.map((row) => row.name));
      [after, more] = [page.data.at(-1)?.name, page.next_cursor !== null];
    }
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(before.map((key) => key.split("/")[1])));
  }

  /** Triggers raise the tenant's epoch with each key. */
  async #setKey(): Promise<void> {
    const tenant_id = this.#tenant();
    const now = this.#world.now();
    const secret = { ciphertext: `${now}`, hint: "abcd", weight: 1, rpm: null, tpm: null, max_concurrency: null };
    const name = `k${this.#world.below(3)}`;
    const row = { tenant_id, provider: "openai", name, version: 1, ...secret, created_at: now, updated_at: now };
    const insert = this.#shards.of(tenant_id).insert(providerKeys).values(row);
    const key = [providerKeys.tenant_id, providerKeys.provider, providerKeys.name];
    await insert.onConflictDoUpdate({ target: key, set: { ciphertext: row.ciphertext, version: sql`version + 1` } });
    this.#known.keys.set(`${tenant_id}/${name}`, (this.#known.keys.get(`${tenant_id}/${name}`) ?? 0) + 1);
  }

  async #addBatch(): Promise<void> {
    const tenant_id = this.#tenant();
    this.#made += 1;
    const id = `bat_${this.#number}_${this.#made}`;
    const db = this.#shards.of(tenant_id);
    const created_at = this.#world.now();
    const kind = { kind: "batch", lane: "batch", mode: "queue", state: "open" } as const;
    await db.batch([
      db.insert(batches).values({ id, tenant_id, key_id: "k", ...kind, created_at, open_bytes: 0 }),
      db.insert(batchGroups).values({ batch_id: id, number: 0, tenant_id, queued: 2, wake_at: created_at + 50 }),
      db.insert(batchItems).values([0, 1].map((position) => ({ batch_id: id, position, state: "queued" as const }))),
      db.update(batches).set({ open_bytes: 10 }).where(eq(batches.id, id)),
    ]);
    this.#known.items.set(`${tenant_id}/${id}/0`, "queued").set(`${tenant_id}/${id}/1`, "queued");
  }

  async #endItem(): Promise<void> {
    const [key, state] = this.#any(this.#known.items);
    if (!key || state !== "queued") return;
    const [tenant = "", id = "", position] = key.split("/");
    this.#known.items.set(key, "running");
    const ended = await this.#shards.of(tenant).all(sql`
      update batch_items set state = 'succeeded' where batch_id = ${id} and position = ${Number(position)}
        and state = 'queued' returning position`);
    expect(ended).toHaveLength(1);
    this.#known.items.set(key, "succeeded");
  }

  #any(of: ReadonlyMap<string, string | number>): readonly [string?, (string | number)?] {
    return [...of][this.#world.below(of.size)] ?? [];
  }
}

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
  const databases = [...world.databases].map(([name, local]) => [name, local as unknown as D1Database] as const);
  const shards = createShards(Object.fromEntries(databases));
  const guards = await shards.refresh();
  expect([...guards.values()].flat().filter(({ state }) => state !== "moved")).toEqual([]);
  for (const [name, db] of databases) {
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
  const target = world.databases.get("DB_SHARD_4") as unknown as D1Database;
  return (await target.prepare("select count(*) as n from prompts").all<{ n: number }>()).results[0]?.n ?? 0;
}

async function tryMoves(seed: number, cancels = false): Promise<{ events: number; arrived: number; states: string[] }> {
  const world = new SimulatedShards(seed);
  const watch: Actor = { stoppedUntil: 0 };
  const shards = world.shardsOf(watch);
  const known: Known = { versions: new Map(), purges: new Map(), keys: new Map(), items: new Map() };
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
    await Promise.all([...isolates.map(async (isolate) => isolate.work()), move(), sweep()]);
  };
  await world.run(work(), () => {
    for (const actor of actors) {
      const chance = world.random();
      if (actor.stoppedUntil > world.now() || chance > 0.004) continue;
      actor.stoppedUntil = chance < 0.002 ? Infinity : world.now() + world.below(60_000);
    }
  });
  const arrived = await checkPlaces(world, known);
  const states = (
    await new MoveStore(
      createShards(Object.fromEntries([...world.databases].map(([n, d]) => [n, d as unknown as D1Database]))),
    ).list(100)
  ).map(({ state }) => state);
  return { events: world.events, arrived, states };
}

const SEEDS = Number(process.env["SEEDS"] ?? 12);
const FIRST = Number(process.env["FIRST_SEED"] ?? 1);

describe("buckets that move", () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
    "lose no write and are in one place at the end, whoever is killed or late (seed %i)",
    async (seed) => {
      const { states } = await tryMoves(seed);
      expect(states.filter((state) => state !== "done")).toEqual([]);
    },
  );

  it.each([101, 102, 103, 104])("go back to their source where a move is cancelled (seed %i)", async (seed) => {
    const { states } = await tryMoves(seed, true);
    expect(states.filter((state) => state !== "done" && state !== "cancelled")).toEqual([]);
  });

  it("are those of its rows: of a tenant by its id, of a prompt by its tenant and name", () => {
    expect(bucketOfPrompt({ tenant_id: "ten_1", name: "p" })).toBe(bucketOf("ten_1/p"));
  });
});
