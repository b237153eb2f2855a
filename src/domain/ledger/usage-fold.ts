import { type LineTargets, type SumColumns, SumTable, type SumValue } from "../usage/sum-table.ts";
import { isWanted, type UsageFilter } from "../usage/usage-selection.ts";
import { USAGE_SUMS, type UsageGroup } from "../usage/usage.ts";
import type { Combination } from "./entry.ts";
import { dayLabel, dayOfHour, hourOnDay } from "./periods.ts";
import type { RollupColumn, RollupLine } from "./rollup.ts";
import type { NumberSpan } from "./usage-plan.ts";

/** What is wanted of an extract. */
export interface ExtractScope {
  /** The columns that it has. */
  columns: readonly RollupColumn[];
  /** The hours that are wanted of one that tells its periods apart; all of another one. */
  hours?: NumberSpan;
}

/** Sums lines of rollups into the groups of a query. Periods are given by their first hour. */
export class UsageFold {
  readonly #by: readonly UsageGroup[];
  readonly #filter: UsageFilter;
  readonly #table: SumTable;
  readonly #labels = { hour: new Map<number, string>(), day: new Map<number, string>() };

  /** `limit` is the most groups that are wanted; other groups than those of `filter` are not. */
  constructor(by: readonly UsageGroup[], limit: number, filter: UsageFilter = {}) {
    this.#by = by;
    this.#filter = filter;
    this.#table = new SumTable(by.length, limit);
    // Without dimensions there is one row, even of nothing.
    if (by.length === 0) this.#table.groupOf([]);
  }

  /** Adds a line. An execution with several tags counts in the group of each. */
  add({ combination, sums }: RollupLine, hour: number): void {
    const numbers = USAGE_SUMS.map((name) => sums[name]);
    for (const group of this.#groupsOf(combination, hour)) this.#table.add(group, numbers);
  }

  /** Adds the wanted lines of a part of an extract, which has all columns of the query. */
  addExtract(extract: SumColumns, { columns, hours }: ExtractScope): void {
    const periods = extract.values[columns.length];
    const targets: LineTargets = { lines: [], groups: [] };
    const positions = this.#by.map((group) => columns.findIndex((column) => column === columnOf(group)));
    for (let line = 0; line < extract.size; line++) {
      const hour = Number(periods?.[line] ?? 0);
      if (hours && (hour < hours.from || hour >= hours.to)) continue;
      const values = positions.map((at) => extract.values[at]?.[line] ?? null);
      for (const group of this.#groupsAt(values, hour)) {
        targets.lines.push(line);
        targets.groups.push(group);
      }
    }
    this.#table.addLines(extract.sums, targets);
  }

  /** Adds sums by the groups of the same query. */
  addColumns(columns: SumColumns): void {
    this.#table.addColumns(columns);
  }

  /** There are more groups than are wanted. What is added further does not matter. */
  get isFull(): boolean {
    return this.#table.isFull;
  }

  /** The groups, one more than the limit at the most: it shows that there are too many. */
  columns(): SumColumns {
    return this.#table.columns();
  }

  #groupsOf(combination: Combination, hour: number): number[] {
    const values = this.#by.map((group) => (group === "hour" || group === "day" ? null : combination[columnOf(group)]));
    return this.#groupsAt(values, hour);
  }

  /** The groups of the values of a query's dimensions, with those of all tags for `tag`. */
  #groupsAt(values: SumValue[], hour: number): number[] {
    const tagAt = this.#by.indexOf("tag");
    for (const [at, group] of this.#by.entries()) {
      if (group === "hour" || group === "day") values[at] = this.#labelOf(group, hour);
    }
    const all = values[tagAt];
    const tags = Array.isArray(all) && all.length > 0 ? new Set(all) : [null];
    const groups = tagAt === -1 ? [values] : [...tags].map((tag) => values.with(tagAt, tag));
    return groups.filter((each) => isWanted(this.#filter, this.#by, each)).map((each) => this.#table.groupOf(each));
  }

  #labelOf(group: "hour" | "day", hour: number): string {
    const day = dayOfHour(hour);
    let label = this.#labels.day.get(day);
    if (label === undefined) this.#labels.day.set(day, (label = dayLabel(day)));
    if (group === "day") return label;
    let ofHour = this.#labels.hour.get(hour);
    if (ofHour === undefined) this.#labels.hour.set(hour, (ofHour = hourOnDay(label, hour)));
    return ofHour;
  }
}

function columnOf(group: Exclude<UsageGroup, "hour" | "day">): RollupColumn;
function columnOf(group: UsageGroup): string;
function columnOf(group: UsageGroup): string {
  return group === "tag" ? "tags" : group;
}
