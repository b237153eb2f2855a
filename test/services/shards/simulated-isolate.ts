import assert from "node:assert/strict";
import { eq, sql } from "drizzle-orm";
import type { AuditEntry } from "../../../src/domain/audit/audit-entry.ts";
import { AuditRepository } from "../../../src/storage/audit/audit-repository.ts";
import { PromptRepository } from "../../../src/storage/prompts/prompts.ts";
import { type Bookmarks, ReadScope } from "../../../src/storage/read-scope.ts";
import {
  batchGroups,
  batchItems,
  batches,
  experimentHeads,
  providerKeys,
  tenants,
} from "../../../src/storage/schema.ts";
import { transact } from "../../../src/storage/transaction.ts";
import type { Actor, SimulatedShards } from "./simulated-shards.ts";

/** The tenants that isolates write for. */
export const TENANTS = Array.from({ length: 12 }, (_, index) => `ten_${index}`);
const NAMES = Array.from({ length: 6 }, (_, index) => `p${index}`);
const OPERATIONS = 40;

/** What was acknowledged. */
export interface Known {
  versions: Map<string, number>;
  purges: Map<string, number>;
  keys: Map<string, number>;
  items: Map<string, string>;
  /** The phases of batches, which a trigger writes, and the statuses of experiments. */
  phases: Map<string, string>;
  statuses: Map<string, string>;
  /** The newest epoch of each tenant, which triggers raise. */
  epochs: Map<string, number>;
  /** The versions of each prompt, with when and with which states of the shards they were told. */
  published: Map<string, Published[]>;
}

interface Published {
  version: number;
  at: number;
  bookmarks: Bookmarks;
}

/** Nothing was acknowledged yet. */
export function nothingKnown(): Known {
  const known = { versions: new Map(), purges: new Map(), keys: new Map(), items: new Map(), published: new Map() };
  return { ...known, phases: new Map(), statuses: new Map(), epochs: new Map() };
}

/** How far behind a replica may be, in ms: long enough that moves happen meanwhile. */
const MAX_LAG_MS = 20_000;

/** One isolate: it writes, and reads what was acknowledged to anybody before. */
export class Isolate {
  readonly #world: SimulatedShards;
  readonly #shards;
  readonly #prompts;
  readonly #audit;
  readonly #known: Known;
  readonly #number: number;
  readonly #actor: Actor = { stoppedUntil: 0 };
  #made = 0;

  constructor(world: SimulatedShards, known: Known, number: number) {
    this.#world = world;
    this.#known = known;
    this.#number = number;
    this.#shards = world.shardsOf(this.#actor, MAX_LAG_MS);
    this.#prompts = new PromptRepository(this.#shards);
    this.#audit = new AuditRepository(this.#shards);
  }

  async work(): Promise<void> {
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      const all = [
        async () => this.#publish(),
        async () => this.#purge(),
        async () => this.#read(),
        async () => this.#list(),
        async () => this.#listAudit(),
        async () => this.#changeNothing(),
        async () => this.#setKey(),
        async () => this.#addBatch(),
        async () => this.#endItem(),
        async () => this.#endExperiment(),
      ];
      await all[this.#world.below(all.length)]?.();
      // Long enough now and then that every state of the moves meets some of it.
      if (this.#world.random() < 0.3) await this.#world.sleep(this.#actor, this.#world.below(12_000));
    }
  }

  /** Publishes now and then, and reads from replicas in between, until `end`. */
  async readFromReplicas(end: Promise<unknown>): Promise<void> {
    const state = { isOver: false };
    void end.finally(() => {
      state.isOver = true;
    });
    while (!state.isOver) {
      const chance = this.#world.random();
      if (chance < 0.1) await this.#publish();
      else await (chance < 0.5 ? this.#readNearby() : this.#readOwnWrite());
      if (this.#world.random() < 0.5) await this.#world.sleep(this.#actor, this.#world.below(2_000));
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
    const reading = new ReadScope({ mayLag: false });
    const published = await reading.during(async () =>
      this.#prompts.publish({ ...row, warnings: [], created_at: this.#world.now() }),
    );
    assert.ok(published?.created);
    const key = `${tenant_id}/${name}`;
    versions.set(key, (versions.get(key) ?? 0) + 1);
    const told = { version: published.version.version, at: this.#world.now(), bookmarks: reading.bookmarks };
    this.#known.published.set(key, [...(this.#known.published.get(key) ?? []), told]);
  }

  async #purge(): Promise<void> {
    const [key = ""] = this.#any(this.#known.versions);
    const [tenant = "", name = ""] = key.split("/");
    if (!(await this.#prompts.purge(tenant, name))) assert.equal(key, "");
    else this.#known.purges.set(key, (this.#known.purges.get(key) ?? 0) + 1);
  }

  async #read(): Promise<void> {
    const [key = ""] = this.#any(this.#known.versions);
    const [tenant = "", name = ""] = key.split("/");
    const before = { versions: this.#known.versions.get(key) ?? 0, purges: this.#known.purges.get(key) ?? 0 };
    const found = await this.#prompts.pointer(tenant, name);
    assert.ok((found?.latest_version ?? 0) >= before.versions, `${key} lacks version ${before.versions}`);
    assert.ok((found?.cache_epoch ?? 0) >= before.purges, `${key} lacks a purge`);
  }

  /** A replica is behind by its bound at most, whatever moves meanwhile. */
  async #readNearby(): Promise<void> {
    const [key, told] = this.#anyPublished();
    const before = this.#world.now() - MAX_LAG_MS;
    const least = Math.max(0, ...told.filter(({ at }) => at < before).map(({ version }) => version));
    await this.#readAtLeast(key, least, new ReadScope({ mayLag: true }));
  }

  /** Who shows what an answer to a write said sees that write, in any isolate and at once. */
  async #readOwnWrite(): Promise<void> {
    const [key, told] = this.#anyPublished();
    const shown = told[this.#world.below(told.length)];
    if (shown) await this.#readAtLeast(key, shown.version, new ReadScope({ mayLag: true, since: shown.bookmarks }));
  }

  async #readAtLeast(key: string, version: number, reading: ReadScope): Promise<void> {
    const [tenant = "", name = ""] = key.split("/");
    const found = await reading.during(async () => this.#prompts.pointer(tenant, name));
    assert.ok((found?.latest_version ?? 0) >= version, `a replica lacks version ${version} of ${key}`);
  }

  #anyPublished(): readonly [string, readonly Published[]] {
    const all = [...this.#known.published];
    return all[this.#world.below(all.length)] ?? ["", []];
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
    assert.equal(new Set(names).size, names.length, `listed twice: ${names.join(", ")}`);
    const missing = before.filter((key) => !names.includes(key.split("/")[1] ?? ""));
    assert.deepEqual(missing, []);
  }

  async #listAudit(): Promise<void> {
    const tenant = this.#tenant();
    const isMine = ([key]: [string, number]) => key.startsWith(`${tenant}/`);
    const changes = [...this.#known.versions, ...this.#known.purges].filter(isMine);
    const least = changes.reduce((sum, [, count]) => sum + count, 0);
    const listed = await auditOf(this.#audit, tenant, 3);
    assert.equal(new Set(listed.map(({ id }) => id)).size, listed.length, `${tenant} has an entry twice`);
    assert.ok(listed.length >= least, `${tenant} lacks one of ${least} entries`);
  }

  async #changeNothing(): Promise<void> {
    assert.equal(await this.#prompts.purge(this.#tenant(), "none"), false);
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
    const before = this.#known.epochs.get(tenant_id) ?? 0;
    const [found] = await this.#shards
      .of(tenant_id)
      .select({ epoch: tenants.epoch })
      .from(tenants)
      .where(eq(tenants.id, tenant_id));
    assert.ok((found?.epoch ?? 0) >= before, `the epoch of ${tenant_id} went back`);
    this.#known.epochs.set(tenant_id, Math.max(this.#known.epochs.get(tenant_id) ?? 0, found?.epoch ?? 0));
  }

  async #addBatch(): Promise<void> {
    const tenant_id = this.#tenant();
    this.#made += 1;
    const id = `bat_${this.#number}_${this.#made}`;
    const db = this.#shards.of(tenant_id);
    const created_at = this.#world.now();
    const kind = { kind: "batch", lane: "batch", mode: "queue", state: "uploading" } as const;
    await db.batch([
      db.insert(batches).values({ id, tenant_id, key_id: "k", ...kind, created_at, open_bytes: 0 }),
      db.insert(batchGroups).values({ batch_id: id, number: 0, tenant_id, queued: 2, wake_at: created_at + 50 }),
      db.insert(batchItems).values([0, 1].map((position) => ({ batch_id: id, position, state: "queued" as const }))),
      db.update(batches).set({ open_bytes: 10, state: "open" }).where(eq(batches.id, id)),
    ]);
    this.#known.phases.set(`${tenant_id}/${id}`, "open");
    this.#known.items.set(`${tenant_id}/${id}/0`, "queued").set(`${tenant_id}/${id}/1`, "queued");
  }

  async #endItem(): Promise<void> {
    const [key, state] = this.#any(this.#known.items);
    if (!key || state !== "queued") return;
    const [tenant = "", id = "", position] = key.split("/");
    this.#known.items.set(key, "running");
    const db = this.#shards.of(tenant);
    const isThis = sql`batch_id = ${id} and position = ${Number(position)} and state = 'queued'`;
    const isOver = sql`not exists (select 1 from batch_items where batch_id = ${id} and state <> 'succeeded')`;
    const [ended, , over] = await transact(db, [
      sql`update batch_items set state = 'succeeded' where ${isThis} returning position`,
      sql`update batch_groups set succeeded = succeeded + 1 where batch_id = ${id}`,
      sql`update batches set ended_at = ${this.#world.now()} where id = ${id} and ${isOver} returning id`,
    ]);
    assert.equal(ended?.length, 1);
    this.#known.items.set(key, "succeeded");
    if (over?.length === 1) this.#known.phases.set(`${tenant}/${id}`, "completed");
  }

  /** Starts an experiment, or ends one. */
  async #endExperiment(): Promise<void> {
    const [key] = this.#any(this.#known.statuses);
    if (key && this.#world.random() < 0.5) {
      const [tenant = "", run = ""] = key.split("/");
      const { run_id } = experimentHeads;
      await this.#shards.of(tenant).update(experimentHeads).set({ status: "completed" }).where(eq(run_id, run));
      return void this.#known.statuses.set(key, "completed");
    }
    this.#made += 1;
    const [tenant_id, run_id] = [this.#tenant(), `cmp_${this.#number}_${this.#made}`];
    const row = {
      kind: "comparison",
      prompt: "p",
      status: "running",
      head: {},
      created_at: this.#world.now(),
    } as const;
    await this.#shards
      .of(tenant_id)
      .insert(experimentHeads)
      .values({ tenant_id, run_id, ...row });
    this.#known.statuses.set(`${tenant_id}/${run_id}`, "running");
  }

  #any(of: ReadonlyMap<string, string | number>): readonly [string?, (string | number)?] {
    return [...of][this.#world.below(of.size)] ?? [];
  }
}

/** A tenant's entries of the audit log, page by page. */
export async function auditOf(audit: AuditRepository, tenant: string, limit: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (let before: string | undefined, more = true; more;) {
    const page = await audit.list(tenant, { limit, before });
    entries.push(...page.data);
    [before, more] = [page.data.at(-1)?.id, page.next_cursor !== null];
  }
  return entries;
}
