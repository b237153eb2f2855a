import type { OwnedTable, StoredRow } from "./owned-tables.ts";

/** The key of a row: the values of its primary key, in their order. */
export type RowKey = readonly (string | number)[];

/** A row's key, and what names its owner. */
export interface KeyedOwner {
  key: RowKey;
  owner: StoredRow;
}

/** Part of a table, by keys. */
export interface KeyRange {
  after: RowKey | null;
  upTo?: RowKey | null;
  limit: number;
}

/** The most characters of rows that are in memory at once. */
const MAX_CHARACTERS = 4_000_000;
/** The most characters of a statement's list of rows. */
const MAX_LIST = 500_000;

/** The keys and owners of some rows, in the order of the keys. */
export async function readKeys(db: D1Database, table: OwnedTable, range: KeyRange): Promise<KeyedOwner[]> {
  const marks = table.key.map(() => "?").join(", ");
  const { after, upTo, limit } = range;
  const isAfter = after ? `where (${keyOf(table)}) > (${marks})` : "where true";
  const isWithin = upTo ? `and (${keyOf(table)}) <= (${marks})` : "";
  const query = `${selectKeys(table)} ${isAfter} ${isWithin} order by ${keyOf(table)} limit ${limit}`;
  const { results } = await db
    .prepare(query)
    .bind(...(after ?? []), ...(upTo ?? []))
    .all<StoredRow>();
  return results.map((row) => toKeyedOwner(table, row));
}

/** The owners of the rows with these keys, of those that exist. */
export async function findOwners(db: D1Database, table: OwnedTable, keys: readonly RowKey[]): Promise<KeyedOwner[]> {
  if (keys.length === 0) return [];
  const query = `${selectKeys(table)} where ${isListed(table, "t.")}`;
  const { results } = await db.prepare(query).bind(JSON.stringify(keys)).all<StoredRow>();
  return results.map((row) => toKeyedOwner(table, row));
}

/** The rows with these keys, of those that exist, in parts that fit into memory. */
export async function* readRows(
  db: D1Database,
  table: OwnedTable,
  keys: readonly RowKey[],
): AsyncGenerator<StoredRow[]> {
  for (const part of await inParts(db, table, keys)) {
    const query = `select ${table.columns.map(quoted).join(", ")} from ${table.name} where ${isListed(table)}`;
    const { results } = await db.prepare(query).bind(JSON.stringify(part)).all<StoredRow>();
    yield results;
  }
}

/** Statements that write rows, in place of what has their keys or another unique value of theirs. */
export function writeStatements(db: D1Database, table: OwnedTable, rows: readonly StoredRow[]): D1PreparedStatement[] {
  const columns = table.columns.map(quoted).join(", ");
  const into = `insert or replace into ${table.name} (${columns})`;
  const values = rows.map((row) => table.columns.map((column) => row[column] ?? null));
  const [plain, others] = [values.filter(isPlain), values.filter((each) => !isPlain(each))];
  const fromList = `${into} select ${table.columns.map((_, index) => `value ->> ${index}`).join(", ")} from json_each(?)`;
  return [
    ...inLists(plain).map((list) => db.prepare(fromList).bind(list)),
    ...others.map((each) => db.prepare(`${into} values (${each.map(() => "?").join(", ")})`).bind(...each)),
  ];
}

/** The statement that deletes the rows with these keys. */
export function deleteStatement(db: D1Database, table: OwnedTable, keys: readonly RowKey[]): D1PreparedStatement {
  return db.prepare(`delete from ${table.name} where ${isListed(table)}`).bind(JSON.stringify(keys));
}

/** The key of a row as it is read. */
export function keyIn(table: OwnedTable, row: StoredRow): RowKey {
  return table.key.map((column) => row[column] ?? "");
}

/**
 * Whether JSON carries a row as it is: SQLite ends a text at a NUL in JSON, and reads fractions by
 * an algorithm of its own. A text of that length has a statement for itself.
 */
function isPlain(values: readonly (string | number | null)[]): boolean {
  return values.every((value) => {
    if (typeof value === "number") return Number.isSafeInteger(value);
    return value === null || (value.length < MAX_LIST / 10 && !value.includes("\0"));
  });
}

function inLists(rows: readonly (readonly (string | number | null)[])[]): string[] {
  const lists: string[] = [];
  let some: string[] = [];
  let room = MAX_LIST;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (text.length > room && some.length > 0) {
      lists.push(`[${some.join(",")}]`);
      [some, room] = [[], MAX_LIST];
    }
    some.push(text);
    room -= text.length;
  }
  return some.length > 0 ? [...lists, `[${some.join(",")}]`] : lists;
}

/** Divides keys so that the rows of each part fit into memory. */
async function inParts(db: D1Database, table: OwnedTable, keys: readonly RowKey[]): Promise<RowKey[][]> {
  if (keys.length === 0) return [];
  const size = table.columns.map((column) => `coalesce(length(${quoted(column)}), 0)`).join(" + ");
  const query = `select ${table.key.map(quoted).join(", ")}, ${size} as row_size from ${table.name} where ${isListed(table)}`;
  const { results } = await db.prepare(query).bind(JSON.stringify(keys)).all<StoredRow>();
  const parts: RowKey[][] = [];
  let room = 0;
  for (const row of results) {
    const needed = Number(row["row_size"]);
    if (needed > room || parts.length === 0) {
      parts.push([]);
      room = MAX_CHARACTERS;
    }
    parts.at(-1)?.push(keyIn(table, row));
    room -= needed;
  }
  return parts;
}

function selectKeys({ name, key, by, parent }: OwnedTable): string {
  const from = parent ? "p" : "t";
  const owner = by.map((column, index) => `${from}.${quoted(column)} as owner_${index}`);
  const join = parent ? `left join ${parent.table} p on p.${quoted(parent.key)} = t.${quoted(parent.column)}` : "";
  return `select ${[...key.map((column) => `t.${quoted(column)}`), ...owner].join(", ")} from ${name} t ${join}`;
}

function keyOf({ key }: OwnedTable): string {
  return key.map((column) => `t.${quoted(column)}`).join(", ");
}

function isListed({ key }: OwnedTable, alias = ""): string {
  const columns = key.map((column) => `${alias}${quoted(column)}`).join(", ");
  const listed = key.map((_, index) => `value ->> ${index}`).join(", ");
  return `(${columns}) in (select ${listed} from json_each(?))`;
}

function toKeyedOwner(table: OwnedTable, row: StoredRow): KeyedOwner {
  return {
    key: keyIn(table, row),
    owner: Object.fromEntries(table.by.map((column, index) => [column, row[`owner_${index}`] ?? null])),
  };
}

function quoted(column: string): string {
  return `"${column}"`;
}
