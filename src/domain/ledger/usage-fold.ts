import { noUsage, USAGE_SUMS, type UsageGroup, type UsageRow } from "../usage/usage.ts";
import type { Combination } from "./entry.ts";
import { dayLabel, dayOfHour, hourLabel } from "./periods.ts";
import { combinationOf, type PackedPart, ROLLUP_COLUMNS, type RollupLine } from "./rollup.ts";

/** A group's sums, in the order of {@link USAGE_SUMS}. */
interface FoldedRow {
  groups: UsageRow["groups"];
  sums: number[];
}

/** Sums lines of rollups into the groups of a query. Periods are given by their first hour. */
export class UsageFold {
  readonly #by: readonly UsageGroup[];
  /** The columns that decide a line's groups. */
  readonly #columns: number[];
  readonly #rows = new Map<string, FoldedRow>();
  readonly #limit: number;

  /** `limit` is the most groups that are wanted. */
  constructor(by: readonly UsageGroup[], limit: number) {
    this.#by = by;
    this.#limit = limit;
    const names = new Set<string>(by.map((group) => (group === "tag" ? "tags" : group)));
    this.#columns = ROLLUP_COLUMNS.flatMap((column, at) => (names.has(column) ? [at] : []));
    // Without dimensions there is one row, even of nothing.
    if (by.length === 0) this.#rowOf([]);
  }

  /** Adds a line. An execution with several tags counts in the group of each. */
  add({ combination, sums }: RollupLine, hour: number): void {
    const numbers = USAGE_SUMS.map((name) => sums[name]);
    for (const row of this.#rowsOf(combination, hour)) addNumbers(row.sums, numbers, 0);
  }

  /**
   * Adds the lines of a stored part. Finds the groups of a line by the positions of its values, so
   * that most lines cost an addition and no more.
   */
  addPart(part: PackedPart, hour: number): void {
    const known = new Map<string, FoldedRow[]>();
    for (const line of part.lines) {
      let key = "";
      for (const column of this.#columns) key += `${line[column] ?? -1} `;
      let rows = known.get(key);
      if (!rows) {
        rows = this.#rowsOf(combinationOf(part, line), hour);
        known.set(key, rows);
      }
      for (const row of rows) addNumbers(row.sums, line, part.width);
    }
  }

  /** There are more groups than are wanted. What is added further does not matter. */
  get isFull(): boolean {
    return this.#rows.size > this.#limit;
  }

  /** The groups, one more than the limit at the most: it shows that there are too many. */
  rows(): UsageRow[] {
    return [...this.#rows.values()].map(({ groups, sums }) => {
      const row: UsageRow = { ...noUsage(), groups };
      for (const [at, name] of USAGE_SUMS.entries()) row[name] = sums[at] ?? 0;
      return row;
    });
  }

  #rowsOf(combination: Combination, hour: number): FoldedRow[] {
    const tags = this.#by.includes("tag") && combination.tags.length > 0 ? new Set(combination.tags) : [null];
    return [...tags].map((tag) =>
      this.#rowOf(
        this.#by.map((group) => {
          if (group === "tag") return tag;
          if (group === "hour") return hourLabel(hour);
          return group === "day" ? dayLabel(dayOfHour(hour)) : combination[group];
        }),
      ),
    );
  }

  #rowOf(values: ReadonlyArray<string | number | null>): FoldedRow {
    const key = JSON.stringify(values);
    let row = this.#rows.get(key);
    if (!row) {
      const groups = Object.fromEntries(this.#by.map((group, at) => [group, values[at] ?? null]));
      row = { groups, sums: USAGE_SUMS.map(() => 0) };
      if (!this.isFull) this.#rows.set(key, row);
    }
    return row;
  }
}

function addNumbers(total: number[], numbers: readonly number[], from: number): void {
  for (let at = 0; at < total.length; at++) total[at] = (total[at] ?? 0) + (numbers[from + at] ?? 0);
}
