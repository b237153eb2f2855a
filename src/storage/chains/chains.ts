import { and, desc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { type ChosenVersion, chooseVersion, type PromptPointer, type SplitArm } from "../../domain/prompts/label.ts";
import { audited, auditedSql, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { chainLabels, chains, chainVersions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** The row of an immutable version of a chain. */
export type ChainVersion = typeof chainVersions.$inferSelect;
/** A chain in a list. Times are Unix ms. */
export type ChainSummary = Pick<
  typeof chains.$inferSelect,
  "name" | "latest_version" | "latest_hash" | "created_at" | "updated_at"
>;
/** A version of a chain in a list. */
export type ChainVersionSummary = Pick<ChainVersion, "version" | "content_hash" | "created_at" | "warnings">;
/** The versions behind the labels of a chain. */
export type ChainPointer = Pick<PromptPointer, "latest_version" | "labels">;

/** A version that was found, the label that led to it, and the chain's labels. */
export interface FoundChain {
  row: ChainVersion;
  label: string | null;
  pointer: ChainPointer;
}

/** Chains with their versions and labels, on the tenant's shard. Times are Unix ms. */
export class ChainRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Adds a version, unless the newest one has the same content; `created` says which. Concurrent
   * publishes get different numbers.
   */
  async publish(row: Omit<ChainVersion, "version">): Promise<{ created: boolean }> {
    const { tenant_id, name, content_hash, created_at } = row;
    const definition = JSON.stringify(row.definition);
    const db = this.#db(tenant_id);
    const change = db
      .insert(chains)
      .values({ tenant_id, name, latest_version: 1, latest_hash: content_hash, created_at, updated_at: created_at })
      .onConflictDoUpdate({
        target: [chains.tenant_id, chains.name],
        set: {
          latest_version: sql`${chains.latest_version} + 1`,
          latest_hash: content_hash,
          updated_at: created_at,
          deleted_at: null,
        },
        setWhere: sql`${chains.latest_hash} <> ${content_hash} or ${chains.deleted_at} is not null`,
      })
      .returning({ name: chains.name });
    const version = sql`1 + coalesce((select latest_version from chains where tenant_id = ${tenant_id} and name = ${name}), 0)`;
    const [, moved] = await db.batch([
      ...audited(db, noteOf("chain.published", row, { version, content_hash }), change),
      db
        .insert(chainVersions)
        .select(
          sql`select tenant_id, name, latest_version, latest_hash, ${row.format}, ${row.source}, ${definition},
            ${JSON.stringify(row.warnings)}, ${created_at}
          from chains where ${isLive(tenant_id, name)} and latest_hash = ${content_hash}`,
        )
        .onConflictDoNothing(),
    ]);
    return { created: moved.length > 0 };
  }

  /**
   * The version behind a reference, as for prompts: a version, a label, or neither. `roll` in [0,
   * 1) decides a split. `undefined` for a chain that does not exist, null for a version or label.
   */
  async find(
    tenantId: string,
    { name, ...wanted }: { name: string; version?: number; label?: string },
    roll: number,
  ): Promise<FoundChain | null | undefined> {
    const db = this.#db(tenantId);
    const [found, labels] = await db.batch([
      db.select({ latest_version: chains.latest_version }).from(chains).where(isLive(tenantId, name)),
      db
        .select({ label: chainLabels.label, split: chainLabels.split })
        .from(chainLabels)
        .where(and(eq(chainLabels.tenant_id, tenantId), eq(chainLabels.name, name))),
    ]);
    const [chain] = found;
    if (!chain) return undefined;
    const pointer = { ...chain, labels: Object.fromEntries(labels.map(({ label, split }) => [label, split])) };
    const chosen: ChosenVersion | null = chooseVersion({ ...pointer, cache_epoch: 0 }, wanted, roll);
    const row = chosen && (await this.#version(tenantId, name, chosen.version));
    return row ? { row, label: chosen.label, pointer } : null;
  }

  /** By name; up to `limit + 1` rows. */
  async list(tenantId: string, { limit, after }: { limit: number; after?: string }): Promise<ChainSummary[]> {
    const { name, latest_version, latest_hash, created_at, updated_at } = chains;
    return this.#db(tenantId)
      .select({ name, latest_version, latest_hash, created_at, updated_at })
      .from(chains)
      .where(
        and(
          eq(chains.tenant_id, tenantId),
          isNull(chains.deleted_at),
          after === undefined ? undefined : gt(name, after),
        ),
      )
      .orderBy(name)
      .limit(limit + 1);
  }

  /** Newest first; up to `limit + 1` rows. */
  async listVersions(tenantId: string, name: string, limit: number, before?: number): Promise<ChainVersionSummary[]> {
    const { version, content_hash, created_at, warnings } = chainVersions;
    return this.#db(tenantId)
      .select({ version, content_hash, created_at, warnings })
      .from(chainVersions)
      .where(and(isOf(tenantId, name), before === undefined ? undefined : lt(version, before)))
      .orderBy(desc(version))
      .limit(limit + 1);
  }

  /** Sets a label, if all its versions exist. False if it wrote nothing. */
  async setLabel(
    tenantId: string,
    name: string,
    { label, split }: { label: string; split: SplitArm[] },
    now: number,
  ): Promise<boolean> {
    const versions = [...new Set(split.map(({ version }) => version))];
    const is = sql`tenant_id = ${tenantId} and name = ${name} and label = ${label}`;
    const from = sql`json((select split from chain_labels where ${is}))`;
    const object = `chain_label:${name}@${label}`;
    const note = { tenant_id: tenantId, action: "chain_label.moved", object, detail: { from, to: split } } as const;
    const change = sql`
      insert into chain_labels (tenant_id, name, label, split, updated_at)
      select ${tenantId}, ${name}, ${label}, ${JSON.stringify(split)}, ${now}
      where ${versions.length} = (
        select count(*) from chain_versions where tenant_id = ${tenantId} and name = ${name}
          and version in (select value from json_each(${JSON.stringify(versions)})))
      on conflict (tenant_id, name, label) do update set split = excluded.split, updated_at = excluded.updated_at
      returning label`;
    const [, written = []] = await transact(this.#db(tenantId), auditedSql(note, change));
    return written.length > 0;
  }

  /**
   * Deletes versions and labels, and keeps the version counter. False if there is no such chain.
   */
  async delete(tenantId: string, name: string, now: number): Promise<boolean> {
    const db = this.#db(tenantId);
    const change = db
      .update(chains)
      .set({ deleted_at: now })
      .where(isLive(tenantId, name))
      .returning({ name: chains.name });
    const from = rowAsJson(chains, ["latest_version"], isLive(tenantId, name));
    const [, gone] = await db.batch([
      ...audited(db, noteOf("chain.deleted", { tenant_id: tenantId, name }, { from }), change),
      db.delete(chainVersions).where(isOf(tenantId, name)),
      db.delete(chainLabels).where(and(eq(chainLabels.tenant_id, tenantId), eq(chainLabels.name, name))),
    ]);
    return gone.length > 0;
  }

  async #version(tenantId: string, name: string, version: number): Promise<ChainVersion | undefined> {
    return this.#db(tenantId)
      .select()
      .from(chainVersions)
      .where(and(isOf(tenantId, name), eq(chainVersions.version, version)))
      .get();
  }

  #db(tenantId: string): Database {
    return this.#shards.of(tenantId);
  }
}

function noteOf(
  action: "chain.published" | "chain.deleted",
  { tenant_id, name }: Pick<ChainVersion, "tenant_id" | "name">,
  detail: AuditNote["detail"],
): AuditNote {
  return { tenant_id, action, object: `chain:${name}`, detail };
}

function isLive(tenantId: string, name: string) {
  return and(eq(chains.tenant_id, tenantId), eq(chains.name, name), isNull(chains.deleted_at));
}

function isOf(tenantId: string, name: string) {
  return and(eq(chainVersions.tenant_id, tenantId), eq(chainVersions.name, name));
}
