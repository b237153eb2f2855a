import { byteLength } from "../../lib/encoding.ts";
import { sliceColumns, type SumColumns, SumTable } from "../usage/sum-table.ts";
import type { UsageGroup } from "../usage/usage.ts";
import { type PackedPart, ROLLUP_COLUMNS, type RollupColumn, type RollupKind, valueIn } from "./rollup.ts";

/**
 * The columns of the extracts that are made when a day is over, the smallest first. A query is read
 * from the first one that has all of its dimensions.
 */
export const DAILY_EXTRACTS: ReadonlyArray<readonly RollupColumn[]> = [
  [],
  ["model", "provider"],
  ["key", "lane"],
  ["prompt", "version", "label", "tags"],
  ["user"],
];

/** The most lines of a stored part, and bytes of its values: a row holds 2 MB. */
const MAX_LINES = 5_000;
const MAX_VALUE_BYTES = 800_000;
/** The groups from which on what is made is taken out, some 10 MB of the 128 MB of an object. */
const LARGE = 20_000;

/** The columns of the extract that a query is read from. It has none for hours and days. */
export function extractFor(by: readonly UsageGroup[]): readonly RollupColumn[] {
  const wanted = new Set<string>(by.map((group) => (group === "tag" ? "tags" : group)));
  const own = ROLLUP_COLUMNS.filter((column) => wanted.has(column));
  return DAILY_EXTRACTS.find((columns) => own.every((column) => columns.includes(column))) ?? own;
}

/** The form of rollups that an extract of these columns is made from. */
export function kindOf(columns: readonly RollupColumn[]): RollupKind {
  return columns.includes("user") ? "users" : "plain";
}

/**
 * Makes an extract: the sums of some periods by a few columns of their rollups. One that tells its
 * periods apart has the first hour of each as its last column. It is taken out in pieces before it
 * fills the memory: the sums of a group are those of its lines in all pieces.
 */
export class ExtractMaker {
  readonly #columns: readonly number[];
  readonly #hasPeriods: boolean;
  #table: SumTable;

  constructor(columns: readonly RollupColumn[], hasPeriods: boolean) {
    this.#columns = columns.map((column) => ROLLUP_COLUMNS.indexOf(column));
    this.#hasPeriods = hasPeriods;
    this.#table = this.#newTable();
  }

  /** It should be taken before more is added. */
  get isLarge(): boolean {
    return this.#table.size >= LARGE;
  }

  /** Adds a stored part of a rollup. `hour` is the period's first one. */
  addPart(part: PackedPart, hour: number): void {
    const known = new Map<string, number>();
    for (const line of part.lines) {
      // Lines with the same positions have the same values, which need not be looked at again.
      let key = "";
      for (const column of this.#columns) key += `${line[column] ?? -1} `;
      let group = known.get(key);
      if (group === undefined) {
        const values = this.#columns.map((column) => valueIn(part, line, column));
        group = this.#table.groupOf(this.#hasPeriods ? [...values, hour] : values);
        known.set(key, group);
      }
      this.#table.add(group, line, part.width);
    }
  }

  /** Adds an extract of the same columns. */
  addExtract(extract: SumColumns): void {
    this.#table.addColumns(extract);
  }

  /** Takes out what was added since the last time. */
  take(): SumColumns {
    const piece = this.#table.columns();
    this.#table = this.#newTable();
    return piece;
  }

  #newTable(): SumTable {
    return new SumTable(this.#columns.length + (this.#hasPeriods ? 1 : 0), Infinity);
  }
}

/** The stored parts of an extract or a piece of one, each as JSON for {@link readExtract}. */
export function packExtract(all: SumColumns): string[] {
  const parts: string[] = [];
  // What has no lines has a part, too: it says that there are none.
  for (let from = 0; from < all.size || parts.length === 0;) {
    const to = endOfPart(all, from);
    parts.push(JSON.stringify(sliceColumns(all, from, to)));
    from = to;
  }
  return parts;
}

function endOfPart({ size, values }: SumColumns, from: number): number {
  let bytes = 0;
  let to = from;
  for (; to < Math.min(size, from + MAX_LINES) && bytes < MAX_VALUE_BYTES; to++) {
    for (const column of values) bytes += byteLength(JSON.stringify(column[to]));
  }
  return to;
}

/** Reads a stored part of an extract. */
export function readExtract(body: string): SumColumns {
  return JSON.parse(body) as SumColumns;
}
