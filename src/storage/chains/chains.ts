import { and, desc, eq, gt, isNull, lt, sql } from "drizzle-orm";
import { type ChosenVersion, chooseVersion, type PromptPointer } from "../../domain/prompts/label.ts";
import { audited, auditedSql, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { endingMoves, labelsAsJson } from "../prompts/label-store.ts";
import { chainLabels, chains, chainVersions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";
import { CHAIN_LABELS } from "./chain-labels.ts";

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
   * publishes get different numbers. Undefined where `expected` is given and is not the newest.
   */
  async publish(row: Omit<ChainVersion, "version">, expected?: number): Promise<{ created: boolean } | undefined> {
    const { tenant_id, name, content_hash, created_at } = row;
    const db = this.#db(tenant_id);
    const isNew = sql`(${chains.latest_hash} <> ${content_hash} or ${chains.deleted_at} is not null)`;
    const isExpected =
      expected === undefined ? undefined : and(eq(chains.latest_version, expected), isNull(chains.deleted_at));
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
        setWhere: and(isExpected, isNew),
      })
      .returning({ name: chains.name });
    const version = sql`1 + coalesce((select latest_version from chains where tenant_id = ${tenant_id} and name = ${name}), 0)`;
    const [, moved, , , [newest]] = await db.batch([
      ...audited(db, noteOf("chain.published", row, { version, content_hash }), change),
      db
        .insert(chainVersions)
        .select(
          sql`select tenant_id, name, latest_version, latest_hash, ${row.format}, ${row.source},
            ${JSON.stringify(row.definition)}, ${JSON.stringify(row.warnings)}, ${created_at}
          from chains where ${isLive(tenant_id, name)} and latest_hash = ${content_hash}`,
        )
        .onConflictDoNothing(),
      db.select({ version: chains.latest_version }).from(chains).where(isLive(tenant_id, name)),
    ]);
    const created = moved.length > 0;
    return expected !== undefined && !created && newest?.version !== expected ? undefined : { created };
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

  /** The number of the newest version; undefined for a chain that does not exist. */
  async newest(tenantId: string, name: string): Promise<number | undefined> {
    const row = await this.#db(tenantId)
      .select({ version: chains.latest_version })
      .from(chains)
      .where(isLive(tenantId, name))
      .get();
    return row?.version;
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

  /**
   * Deletes versions and labels, and keeps the version counter and the moves of the labels. False
   * if there is no such chain.
   */
  async delete(tenantId: string, name: string, now: number, keyId: string): Promise<boolean> {
    const isMine = sql`tenant_id = ${tenantId} and name = ${name}`;
    const owner = { tenant_id: tenantId, name };
    const from = rowAsJson(chains, ["latest_version"], isLive(tenantId, name));
    const note = noteOf("chain.deleted", owner, { from, labels: labelsAsJson(CHAIN_LABELS, owner) });
    const ended = { key_id: keyId, cause: "chain_deletion", moved_at: now } as const;
    const change = sql`update chains set deleted_at = ${now} where ${isMine} and deleted_at is null returning name`;
    const [, gone] = await transact(this.#db(tenantId), [
      ...auditedSql(note, change),
      endingMoves(CHAIN_LABELS, owner, ended),
      sql`delete from chain_versions where ${isMine}`,
      sql`delete from chain_labels where ${isMine}`,
    ]);
    return (gone?.length ?? 0) > 0;
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
