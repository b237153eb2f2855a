import { addUsage, noUsage, type UsageGroup, type UsageRow } from "../usage/usage.ts";
import { dayLabel, dayOfHour, hourLabel } from "./periods.ts";
import type { RollupLine } from "./rollup.ts";

/** The period that a line of a rollup comes from. A day is given by its first hour. */
export interface LinePeriod {
  hour: number;
}

/** Sums lines of rollups into the groups of a query. */
export class UsageFold {
  readonly #by: readonly UsageGroup[];
  readonly #rows = new Map<string, UsageRow>();

  constructor(by: readonly UsageGroup[]) {
    this.#by = by;
    // Without dimensions there is one row, even of nothing.
    if (by.length === 0) this.#rows.set("[]", { ...noUsage(), groups: {} });
  }

  /** Adds a line. An execution with several tags counts in the group of each. */
  add({ combination, sums }: RollupLine, { hour }: LinePeriod): void {
    const tags = this.#by.includes("tag") && combination.tags.length > 0 ? new Set(combination.tags) : [null];
    for (const tag of tags) {
      const values = this.#by.map((group) => {
        if (group === "tag") return tag;
        if (group === "hour") return hourLabel(hour);
        return group === "day" ? dayLabel(dayOfHour(hour)) : combination[group];
      });
      const key = JSON.stringify(values);
      let row = this.#rows.get(key);
      if (!row) {
        row = { ...noUsage(), groups: Object.fromEntries(this.#by.map((group, at) => [group, values[at] ?? null])) };
        this.#rows.set(key, row);
      }
      addUsage(row, sums);
    }
  }

  /** The groups, `limit` of them and one more at the most: it shows that there are too many. */
  rows(limit: number): UsageRow[] {
    return [...this.#rows.values()].slice(0, limit + 1);
  }
}
