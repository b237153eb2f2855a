import { checkFence } from "../bucket-guards.ts";
import { OWNED_TABLES, type OwnedTable } from "./owned-tables.ts";
import type { RowKey } from "./stored-rows.ts";

/** Keys of rows of a table that changed. */
export interface ChangedKeys {
  table: OwnedTable;
  keys: RowKey[];
}

/** Some of the notes of a shard: what changed, and the last of them. */
export interface ChangeNotes {
  count: number;
  last: number;
  changed: ChangedKeys[];
}

/**
 * Has a source note the key of each row that changes, in the transaction that changes it. Who may
 * not work on the move any more changes nothing.
 */
export async function startNotes(source: D1Database, epoch: number, token: string): Promise<void> {
  await source.batch([checkFence(source, epoch, token), ...TRIGGERS.map(({ create }) => source.prepare(create))]);
}

/** Ends what {@link startNotes} began, and forgets the notes. */
export async function endNotes(source: D1Database, epoch: number, token: string): Promise<void> {
  await source.batch([
    checkFence(source, epoch, token),
    ...TRIGGERS.map(({ drop }) => source.prepare(drop)),
    source.prepare("delete from shard_changes"),
  ]);
}

/** The oldest notes, each key once, in the order of the tables. */
export async function readNotes(source: D1Database, limit: number): Promise<ChangeNotes> {
  const query = "select seq, table_name, key from shard_changes order by seq limit ?";
  const { results } = await source.prepare(query).bind(limit).all<{ seq: number; table_name: string; key: string }>();
  const byTable = Map.groupBy(results, ({ table_name }) => table_name);
  const changed = OWNED_TABLES.flatMap((table) => {
    const keys = [...new Set(byTable.get(table.name)?.map(({ key }) => key))];
    return keys.length === 0 ? [] : [{ table, keys: keys.map((key) => JSON.parse(key) as RowKey) }];
  });
  return { count: results.length, last: results.at(-1)?.seq ?? 0, changed };
}

/** Forgets notes up to the last one that was applied. */
export async function forgetNotes(source: D1Database, epoch: number, token: string, last: number): Promise<void> {
  await source.batch([
    checkFence(source, epoch, token),
    source.prepare("delete from shard_changes where seq <= ?").bind(last),
  ]);
}

/** Those of some keys that have a note. */
export async function findNoted(source: D1Database, table: OwnedTable, keys: readonly RowKey[]): Promise<Set<string>> {
  const query = `select distinct key from shard_changes
    where table_name = ? and key in (select value from json_each(?))`;
  const texts = keys.map((key) => JSON.stringify(key));
  const { results } = await source.prepare(query).bind(table.name, JSON.stringify(texts)).all<{ key: string }>();
  return new Set(results.map(({ key }) => key));
}

const TRIGGERS = OWNED_TABLES.flatMap((table) => {
  const keyOf = (row: "new" | "old") => `json_array(${table.key.map((column) => `${row}."${column}"`).join(", ")})`;
  const note = (key: string, where: string) =>
    `insert into shard_changes (table_name, key) select '${table.name}', ${key} where ${where};`;
  const events = {
    insert: note(keyOf("new"), "true"),
    delete: note(keyOf("old"), "true"),
    update: note(keyOf("new"), "true") + note(keyOf("old"), `${keyOf("old")} <> ${keyOf("new")}`),
  };
  return Object.entries(events).map(([event, notes]) => {
    const name = `shard_note_${table.name}_${event}`;
    return {
      create: `create trigger if not exists ${name} after ${event} on ${table.name} begin ${notes} end`,
      drop: `drop trigger if exists ${name}`,
    };
  });
});
