import { noUsage, USAGE_SUMS, type UsageGroup, type UsageRow } from "./usage.ts";

/** A value of a dimension, or the list of an execution's tags. */
export type SumValue = string | number | null | string[];

/**
 * Sums of several groups as columns: what stands at a position of each belongs to the same group.
 * They are stored and sent so, because a column costs a fraction of what an object a group does.
 */
export interface SumColumns {
  /** How many groups there are. */
  size: number;
  /** A column for each dimension. */
  values: SumValue[][];
  /** A column for each of `USAGE_SUMS`; an empty one is all zeros, and so is one that is absent. */
  sums: number[][];
}

/**
 * Which line of some columns is added to which group of a table. A line may be added to several.
 */
export interface LineTargets {
  lines: number[];
  groups: number[];
}

/** What no group has: the position of one beyond the limit. */
const BEYOND = -1;

/** Leads by the value of one dimension after the other to a group. */
type GroupTree = Map<SumValue, GroupTree | number>;

/** Sums by the values of some dimensions. */
export class SumTable {
  readonly #groups: GroupTree = new Map();
  #size = 0;
  readonly #values: SumValue[][];
  readonly #sums: number[][] = USAGE_SUMS.map(() => []);
  readonly #limit: number;

  /** `limit` is the most groups that are wanted. One more is kept, to show that there are more. */
  constructor(dimensions: number, limit: number) {
    this.#values = Array.from({ length: dimensions }, () => []);
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** There are more groups than are wanted. What is added further does not matter. */
  get isFull(): boolean {
    return this.#size > this.#limit;
  }

  /** The position of a group, which is made where there is none. */
  groupOf(values: readonly SumValue[]): number {
    let tree = this.#groups;
    const last = values.length - 1;
    for (let at = 0; at < last; at++) {
      const key = keyOf(values[at] ?? null);
      let next = tree.get(key);
      if (!(next instanceof Map)) tree.set(key, (next = new Map()));
      tree = next;
    }
    const key = keyOf(values[last] ?? null);
    const known = tree.get(key);
    if (typeof known === "number") return known;
    if (this.isFull) return BEYOND;
    tree.set(key, this.#size);
    for (const [at, column] of this.#values.entries()) column.push(values[at] ?? null);
    for (const column of this.#sums) column.push(0);
    return this.#size++;
  }

  /** Adds the numbers from a position on, in the order of `USAGE_SUMS`, to a group. */
  add(group: number, numbers: readonly number[], from = 0): void {
    if (group === BEYOND) return;
    for (const [at, column] of this.#sums.entries()) {
      column[group] = (column[group] ?? 0) + (numbers[from + at] ?? 0);
    }
  }

  /** Adds lines of columns to groups. */
  addLines(sums: SumColumns["sums"], { lines, groups }: LineTargets): void {
    for (const [at, total] of this.#sums.entries()) {
      const column = sums[at];
      if (column === undefined || column.length === 0) continue;
      for (let n = 0; n < lines.length; n++) {
        const group = groups[n] ?? BEYOND;
        if (group !== BEYOND) total[group] = (total[group] ?? 0) + (column[lines[n] ?? 0] ?? 0);
      }
    }
  }

  /** Adds columns of the same dimensions. */
  addColumns({ size, values, sums }: SumColumns): void {
    const lines = Array.from({ length: size }, (_, line) => line);
    this.addLines(sums, {
      lines,
      groups: lines.map((line) => this.groupOf(values.map((column) => column[line] ?? null))),
    });
  }

  columns(): SumColumns {
    return { size: this.size, values: this.#values, sums: this.#sums.map(withoutZeros) };
  }
}

/** The groups from a position up to, and without, another one. */
export function sliceColumns({ values, sums }: SumColumns, from: number, to: number): SumColumns {
  return {
    size: to - from,
    values: values.map((column) => column.slice(from, to)),
    sums: sums.map((column) => withoutZeros(column.slice(from, to))),
  };
}

/** The rows of columns whose dimensions are those of a query. */
export function toUsageRows({ size, values, sums }: SumColumns, by: readonly UsageGroup[]): UsageRow[] {
  return Array.from({ length: size }, (_, line) => {
    const row: UsageRow = { ...noUsage(), groups: {} };
    for (const [at, group] of by.entries()) row.groups[group] = (values[at]?.[line] ?? null) as string | number | null;
    for (const [at, name] of USAGE_SUMS.entries()) row[name] = sums[at]?.[line] ?? 0;
    return row;
  });
}

/**
 * Adds up the columns of several parts for the same groups. The rows are sorted by the values of
 * their groups.
 */
export function mergeUsage(parts: readonly SumColumns[], by: readonly UsageGroup[]): UsageRow[] {
  const merged = new SumTable(by.length, Infinity);
  for (const part of parts) merged.addColumns(part);
  return toSortedRows(merged.columns(), by);
}

/** The rows of columns, sorted by the values of their groups. */
export function toSortedRows(columns: SumColumns, by: readonly UsageGroup[]): UsageRow[] {
  const rows = toUsageRows(columns, by).map((row) => ({
    row,
    key: JSON.stringify(by.map((group) => row.groups[group])),
  }));
  return rows.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}

/** The columns of rows. */
export function toSumColumns(rows: readonly UsageRow[], by: readonly UsageGroup[]): SumColumns {
  return {
    size: rows.length,
    values: by.map((group) => rows.map(({ groups }) => groups[group] ?? null)),
    sums: USAGE_SUMS.map((name) => rows.map((row) => row[name])),
  };
}

function withoutZeros(sums: number[]): number[] {
  return sums.every((sum) => sum === 0) ? [] : sums;
}

/** The tags of a column are equal where their lists are. */
function keyOf(value: SumValue): SumValue {
  return Array.isArray(value) ? JSON.stringify(value) : value;
}
