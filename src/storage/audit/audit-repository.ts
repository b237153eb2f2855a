import { and, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { AuditEntry, AuditFilter, TextFilter } from "../../domain/audit/audit-entry.ts";
import { bucketInId, firstIdAt } from "../../domain/id.ts";
import { type Page, toPageDownTo } from "../../domain/page.ts";
import { readOwnRows } from "../own-rows.ts";
import { pageFloorOf } from "../page-floor.ts";
import { apiKeys, auditEntries } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/** A query for a page of entries, newest first: those before the id `before`. */
export interface AuditQuery extends AuditFilter {
  limit: number;
  before?: string;
}

/** Entries that one statement deletes, and statements of one call on each shard. */
const ENTRIES_A_STEP = 1_000;
const MOST_STEPS = 10;

/** The audit log. Each entry is on the shard of its change, so that both commit together. */
export class AuditRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Adds entries of changes that are not in D1, each once however often. */
  async add(tenantId: string, entries: readonly AuditEntry[]): Promise<void> {
    const db = this.#shards.of(tenantId);
    for (const entry of entries) await db.insert(auditEntries).values(entry).onConflictDoNothing();
  }

  /**
   * A tenant's entries of all shards, newest first. A filter that matches little is looked for among
   * so many entries of a shard, so a page may have fewer than asked for, and another one follow.
   */
  async list(tenantId: string, { limit, before, ...filter }: AuditQuery): Promise<Page<AuditEntry>> {
    const inTime = and(eq(auditEntries.tenant_id, tenantId), ...timesOf(filter));
    const matches = matchesOf(filter);
    const isBefore = (id: string | undefined) => (id === undefined ? undefined : lt(auditEntries.id, id));
    const parts = await this.#shards.atOnce(async (db, isHere) => {
      const floor = matches ? await pageFloorOf(db, auditEntries, and(inTime, isBefore(before))) : undefined;
      const isWanted = and(inTime, matches, floor === undefined ? undefined : gte(auditEntries.id, floor));
      const rows = await readOwnRows<AuditEntry>({
        limit,
        isHere: ({ id }) => isHere(bucketInId(id)),
        read: async (last) =>
          db
            .select()
            .from(auditEntries)
            .where(and(isWanted, isBefore(last?.id ?? before)))
            .orderBy(desc(auditEntries.id))
            .limit(limit + 1),
      });
      return { rows, floor };
    });
    const floors = parts.flatMap(({ floor }) => floor ?? []).toSorted();
    return mergeDownTo(
      floors.at(-1),
      parts.map(({ rows }) => rows),
      limit,
    );
  }

  /** The names of a tenant's keys, by id. Keys that were revoked still have theirs. */
  async namesOf(tenantId: string, keyIds: readonly string[]): Promise<Map<string, string>> {
    const { id, name, tenant_id } = apiKeys;
    const isOne = sql`${id} in (select value from json_each(${JSON.stringify(keyIds)}))`;
    const rows = await this.#shards
      .of(tenantId)
      .select({ id, name })
      .from(apiKeys)
      .where(and(eq(tenant_id, tenantId), isOne));
    return new Map(rows.map((row) => [row.id, row.name]));
  }

  /**
   * Deletes entries from before a time, Unix ms, the oldest first; at most 10,000 of a shard. Copies
   * that a move of buckets brings or leaves are as old as what they were copied from.
   */
  async deleteBefore(time: number): Promise<number> {
    const firstKept = firstIdAt("aud", time);
    const deleted = await Promise.all([...this.#shards.all.values()].map(async (db) => deleteInSteps(db, firstKept)));
    return deleted.reduce((sum, each) => sum + each, 0);
  }
}

async function deleteInSteps(db: Database, firstKept: string): Promise<number> {
  const { id } = auditEntries;
  const some = db.select({ id }).from(auditEntries).where(lt(id, firstKept)).orderBy(id).limit(ENTRIES_A_STEP);
  let deleted = 0;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const gone = await db.delete(auditEntries).where(inArray(id, some)).returning({ id });
    deleted += gone.length;
    if (gone.length < ENTRIES_A_STEP) break;
  }
  return deleted;
}

/** A page of the entries of all shards, of which nothing is known before `floor`. */
function mergeDownTo(floor: string | undefined, parts: AuditEntry[][], limit: number): Page<AuditEntry> {
  const known = parts.flat().filter(({ id }) => floor === undefined || id >= floor);
  const sorted = known.toSorted((a, b) => (a.id > b.id ? -1 : 1));
  return toPageDownTo(floor, sorted, { limit, key: ({ id }) => id, list: "audit" });
}

/** The conditions that no index has; undefined without any. */
function matchesOf({ actor, action, object }: AuditFilter): SQL | undefined {
  return and(
    actor === undefined ? undefined : eq(auditEntries.actor, actor),
    action && matches(auditEntries.action, action),
    object && matches(auditEntries.object, object),
  );
}

/** Times are in the ids, which the index of the list has in their order. */
function timesOf({ from, to }: AuditFilter): (SQL | undefined)[] {
  return [
    from === undefined ? undefined : gte(auditEntries.id, firstIdAt("aud", from)),
    to === undefined ? undefined : lt(auditEntries.id, firstIdAt("aud", to)),
  ];
}

function matches(column: SQLiteColumn, { text, isPrefix }: TextFilter): SQL {
  return isPrefix ? sql`instr(${column}, ${text}) = 1` : eq(column, text);
}
