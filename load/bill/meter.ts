/** What the platform bills. `prices.ts` has a price for each. */
export const ITEMS = [
  "worker requests",
  "worker cpu ms",
  "log bytes",
  "kv reads",
  "kv writes",
  "kv deletes",
  "cache operations",
  "d1 rows written",
  "d1 rows read",
  "d1 queries",
  "d1 bytes",
  "object requests",
  "object gb-s",
  "object rows written",
  "object rows read",
  "object bytes",
  "queue operations",
  "r2 class a",
  "r2 class b",
  "r2 bytes",
] as const;

/** One of {@link ITEMS}. */
export type Item = (typeof ITEMS)[number];

/** How much of an item a part used: a class of objects, a table, a record of the cache. */
export interface Line {
  item: Item;
  part: string;
  amount: number;
}

/** Counts what the bindings do, while it is on. */
export class Meter {
  readonly #lines = new Map<string, Line>();
  isOn = false;

  add(item: Item, part: string, amount = 1): void {
    if (!this.isOn || amount === 0) return;
    const key = `${item}/${part}`;
    const line = this.#lines.get(key);
    if (line) line.amount += amount;
    else this.#lines.set(key, { item, part, amount });
  }

  /** The lines so far, in the order of {@link ITEMS}, and the largest of an item first. */
  lines(): Line[] {
    return sortLines([...this.#lines.values()]);
  }
}

/** The sum of several lists of lines, each times its weight. */
export function sumLines(lists: readonly { lines: readonly Line[]; weight: number }[]): Line[] {
  const sum = new Map<string, Line>();
  for (const { lines, weight } of lists) {
    for (const { item, part, amount } of lines) {
      const key = `${item}/${part}`;
      sum.set(key, { item, part, amount: (sum.get(key)?.amount ?? 0) + amount * weight });
    }
  }
  return sortLines([...sum.values()]);
}

function sortLines(lines: Line[]): Line[] {
  return lines.toSorted((a, b) => ITEMS.indexOf(a.item) - ITEMS.indexOf(b.item) || b.amount - a.amount);
}
