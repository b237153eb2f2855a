import { type Column, getTableColumns, is, SQL, sql, type SQLWrapper } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { AuditAction, AuditEntry } from "../../domain/audit/audit-entry.ts";
import { newId } from "../../domain/id.ts";
import { bucketOf, promptKey } from "../../domain/shard.ts";
import { auditEntries } from "../schema.ts";
import type { Database } from "../shards.ts";
import { presentAuthor } from "./author.ts";

/** What an entry says of a change, beside who makes it and when. */
export interface AuditNote {
  tenant_id: string;
  /** The prompt on whose shard the change is; absent for the tenant's shard. */
  prompt?: string;
  action: AuditAction;
  object: string;
  /** Facts; those in SQL are as they were before the change. */
  detail?: Readonly<Record<string, unknown>>;
}

/**
 * A change and its entry, for a D1 batch: neither is committed without the other. The entry comes
 * first, so that it can tell what was before, and goes again where the change changed no row.
 */
export function audited<Change>(db: Database, note: AuditNote, change: Change) {
  const { entry, retraction } = statementsOf(note);
  return [db.insert(auditEntries).select(entry), change, db.delete(auditEntries).where(retraction)] as const;
}

/** The same for hand-written statements. The rows of the change are those of the second one. */
export function auditedSql(note: AuditNote, change: SQL): [entry: SQL, change: SQL, retraction: SQL] {
  const { entry, retraction } = statementsOf(note);
  return [sql`insert into audit_entries ${entry}`, change, sql`delete from audit_entries where ${retraction}`];
}

/**
 * An entry for each of some rows, before they change. `rows` is what follows `from`, and selects
 * just the rows that change. Object and facts may be in SQL.
 */
export function entriesForRows(note: Omit<AuditNote, "object"> & { object: SQL }, rows: SQL): SQL {
  const stem = newEntryId(note).slice(0, -RANDOM_DIGITS);
  const id = sql`${stem} || lower(hex(randomblob(${RANDOM_DIGITS / 2})))`;
  return sql`insert into audit_entries ${selected(id, note)} from ${rows}`;
}

/** A whole entry, for a change that is not in D1. */
export function newEntry(note: AuditNote, { actor, request_id } = presentAuthor()): AuditEntry {
  const { tenant_id, action, object, detail = {} } = note;
  return { id: newEntryId(note), tenant_id, actor, action, object, request_id, detail };
}

/** Some columns of one row as JSON, for the facts of a note; null where there is no such row. */
export function rowAsJson<Table extends SQLiteTable>(
  table: Table,
  columns: readonly (keyof Table["_"]["columns"] & string)[],
  where: SQLWrapper | undefined,
): SQL {
  const known = getTableColumns(table) as Record<string, Column>;
  const pairs = columns.flatMap((name) => {
    const column = known[name];
    return column ? [sql`${name}, ${columnAsJson(column)}`] : [];
  });
  return sql`json((select json_object(${sql.join(pairs, sql`, `)}) from ${table} where ${where}))`;
}

/** Hexadecimal digits at the end of an id that nothing but chance decides. */
const RANDOM_DIGITS = 12;

/** The time of the isolate's last entry, Unix ms: its entries are listed in the order of its changes. */
let lastAt = 0;

function newEntryId({ tenant_id, prompt }: Pick<AuditNote, "tenant_id" | "prompt">): string {
  const place = prompt === undefined ? tenant_id : promptKey(tenant_id, prompt);
  lastAt = Math.max(lastAt + 1, Date.now());
  return newId("aud", lastAt, bucketOf(place));
}

function statementsOf(note: AuditNote): { entry: SQL; retraction: SQL } {
  const id = newEntryId(note);
  return { entry: selected(sql`${id}`, note), retraction: sql`id = ${id} and changes() = 0` };
}

function selected(
  id: SQL,
  { tenant_id, action, object, detail = {} }: Omit<AuditNote, "object"> & { object: unknown },
) {
  const { actor, request_id } = presentAuthor();
  const facts = Object.entries(detail).map(
    ([name, fact]) => sql`${name}, ${is(fact, SQL) ? fact : sql`json(${JSON.stringify(fact ?? null)})`}`,
  );
  return sql`select ${id}, ${tenant_id}, ${actor}, ${action}, ${object}, ${request_id},
    json_object(${sql.join(facts, sql`, `)})`;
}

function columnAsJson(column: Column): SQL {
  if (column.dataType === "boolean") return sql`json(iif(${column}, 'true', 'false'))`;
  return column.dataType === "json" ? sql`json(${column})` : sql`${column}`;
}
