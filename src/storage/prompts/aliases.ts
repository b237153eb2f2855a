import { and, count, eq, exists, gt, or, sql } from "drizzle-orm";
import { promptAliases, tenants } from "../schema.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import type { Shards } from "../shards.ts";

/** The row of an alias. Times are Unix ms. */
export type AliasRow = typeof promptAliases.$inferSelect;

/**
 * Aliases of prompts, on the shard of their tenant, so that they can be counted and listed in one
 * place. Their prompts are on other shards.
 */
export class AliasRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Writes or replaces an alias, unless it were one more than `most`: then undefined. `created`
   * says whether it is new. One transaction, so that `most` holds for concurrent writers, too. Only
   * a new alias counts the others, which reads up to `most` entries of the primary key.
   */
  async put(row: AliasRow, most: number): Promise<{ row: AliasRow; created: boolean } | undefined> {
    const { tenant_id, alias, prompt, version, label, updated_at } = row;
    const db = this.#shards.of(tenant_id);
    const known = db.select({ alias: promptAliases.alias }).from(promptAliases).where(isAlias(tenant_id, alias));
    const others = db.select({ count: count() }).from(promptAliases).where(eq(promptAliases.tenant_id, tenant_id));
    const change = db
      .insert(promptAliases)
      .select(
        db
          .select(literals(row))
          .from(tenants)
          .where(and(eq(tenants.id, tenant_id), or(exists(known), sql`(${others}) < ${most}`))),
      )
      .onConflictDoUpdate({
        target: [promptAliases.tenant_id, promptAliases.alias],
        set: { prompt, version, label, updated_at },
      })
      .returning();
    const note = noteOf("alias.set", row, { to: { prompt, version, label } });
    const [before, , written] = await db.batch([known, ...audited(db, note, change)]);
    return written[0] && { row: written[0], created: before.length === 0 };
  }

  /** Undefined if the tenant has no such alias. */
  async find(tenantId: string, alias: string): Promise<AliasRow | undefined> {
    return this.#shards.of(tenantId).select().from(promptAliases).where(isAlias(tenantId, alias)).get();
  }

  /** A tenant's aliases in the order of their code points; up to `limit + 1` rows. */
  async list(tenantId: string, limit: number, after?: string): Promise<AliasRow[]> {
    const isAfter = after === undefined ? undefined : gt(promptAliases.alias, after);
    return this.#shards
      .of(tenantId)
      .select()
      .from(promptAliases)
      .where(and(eq(promptAliases.tenant_id, tenantId), isAfter))
      .orderBy(promptAliases.alias)
      .limit(limit + 1);
  }

  /** False if there was no such alias. */
  async delete(tenantId: string, alias: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const change = db.delete(promptAliases).where(isAlias(tenantId, alias)).returning({ alias: promptAliases.alias });
    const [, gone] = await db.batch(audited(db, noteOf("alias.deleted", { tenant_id: tenantId, alias }), change));
    return gone.length > 0;
  }
}

function isAlias(tenantId: string, alias: string) {
  return and(eq(promptAliases.tenant_id, tenantId), eq(promptAliases.alias, alias));
}

function noteOf(
  action: "alias.set" | "alias.deleted",
  { tenant_id, alias }: Pick<AliasRow, "tenant_id" | "alias">,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const from = rowAsJson(promptAliases, ["prompt", "version", "label"], isAlias(tenant_id, alias));
  return { tenant_id, action, object: `alias:${alias}`, detail: { from, ...detail } };
}

/** The values of a row as columns of a selection. */
function literals(row: AliasRow) {
  return {
    tenant_id: tenants.id,
    alias: sql<string>`${row.alias}`.as("alias"),
    prompt: sql<string>`${row.prompt}`.as("prompt"),
    version: sql<number | null>`${row.version}`.as("version"),
    label: sql<string | null>`${row.label}`.as("label"),
    created_at: sql<number>`${row.created_at}`.as("created_at"),
    updated_at: sql<number>`${row.updated_at}`.as("updated_at"),
  };
}
