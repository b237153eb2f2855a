/** The days of a block of extracts, and of a block of packed days. */
export const DAYS_OF_BLOCK = 8;

const NAMED = "name in (select name from extract_names)";
/** Only extracts with users are made from the form with users. Theirs is the last column. */
const MADE_FROM_OLD = "(old.kind = 'plain' or name like '%user')";
const dropBlock = (block: string) =>
  `delete from extracts where unit in ('days', 'block') and ${NAMED} and start = ${block}`;
const dropHours = (day: string) => `delete from extracts where unit = 'hours' and ${NAMED} and start = ${day}`;

/** A statement that runs with each one of a kind on rows of a unit of rollups. */
function onChange(change: "insert" | "update" | "delete", unit: "hour" | "day", ...statements: string[]): string {
  const row = change === "delete" ? "old" : "new";
  return `create trigger if not exists extracts_on_${unit}_${change} after ${change} on rollup_blocks
    when ${row}.unit = '${unit}' begin ${statements.map((statement) => `${statement};`).join(" ")} end`;
}

/**
 * The tables of extracts, and the triggers that drop those whose rollups change. A row of packed
 * hours has the hours of a day, one of packed days the days of a block.
 */
export const EXTRACT_TABLES = [
  `create table if not exists extracts (unit text, name text, start integer, part integer,
    body text not null, primary key (unit, name, start, part)) without rowid`,
  "create table if not exists extract_names (name text primary key) without rowid",
  onChange("insert", "hour", dropHours("new.block")),
  onChange("update", "hour", dropHours("new.block")),
  onChange("delete", "hour", `${dropHours("old.block")} and ${MADE_FROM_OLD}`),
  onChange("insert", "day", dropBlock("new.block")),
  onChange("update", "day", dropBlock("new.block")),
  onChange("delete", "day", `${dropBlock("old.block")} and ${MADE_FROM_OLD}`),
];
