import { addToHistogram } from "./histogram.ts";
import { FAMILIES, type FamilyName, PLACES, type SlotOf } from "./families.ts";

/**
 * What was counted since some time, as it travels: by family, and by its label values as JSON, the
 * numbers of the family's slots. Numbers that nothing was added to are missing, so that they cost
 * nothing on their way.
 */
export type MetricsDelta = Record<string, Record<string, number[]>>;

/** Rows of a family. What comes beyond them is counted under `other`. */
export const MAX_ROWS = 400;

/** Labels whose values tenants choose, so that nothing bounds how many there are. */
const OPEN_LABELS: ReadonlySet<string> = new Set(["prompt", "model", "provider"]);
/** What the values of such labels are once there are too many. */
export const OTHER = "other";

/** A row of numbers that is being added to, by the names of its family's slots. */
export class MetricRow<F extends FamilyName> {
  readonly #family: F;
  readonly #numbers: number[];

  constructor(family: F, numbers: number[]) {
    this.#family = family;
    this.#numbers = numbers;
  }

  add(slot: SlotOf<F>, value = 1): void {
    const { at } = PLACES[this.#family][slot];
    this.#numbers[at] = (this.#numbers[at] ?? 0) + value;
  }

  /** Adds a time to a histogram, in ms. */
  addMs(slot: SlotOf<F>, ms: number): void {
    const { at, firstMs = 1 } = PLACES[this.#family][slot];
    addToHistogram(this.#numbers, at, firstMs, Math.max(0, ms));
  }
}

/**
 * Counts by family and label values. Bounded: a family has some more than {@link MAX_ROWS} rows.
 */
export class MetricCounts {
  #families = new Map<string, Map<string, number[]>>();

  get isEmpty(): boolean {
    return this.#families.size === 0;
  }

  /** The row of some label values, in the order of the family's labels. */
  of<F extends FamilyName>(family: F, values: readonly string[]): MetricRow<F> {
    return new MetricRow(family, this.#row(family, JSON.stringify(values)));
  }

  /** Adds what others counted, those of other versions too. */
  merge(delta: MetricsDelta): void {
    for (const [family, rows] of Object.entries(delta)) {
      for (const [key, numbers] of Object.entries(rows)) {
        const row = this.#row(family, key);
        // Leaves out what is missing. In a stored row that is null.
        numbers.forEach((number: number | null, index) => {
          row[index] = (row[index] ?? 0) + (number ?? 0);
        });
      }
    }
  }

  /** All that is counted, for a look: its rows are those that are added to. */
  read(): MetricsDelta {
    return Object.fromEntries([...this.#families].map(([family, rows]) => [family, Object.fromEntries(rows)]));
  }

  /** All that is counted, and begins anew. */
  take(): MetricsDelta {
    const taken = this.read();
    this.#families = new Map();
    return taken;
  }

  #row(family: string, key: string): number[] {
    let rows = this.#families.get(family);
    if (!rows) this.#families.set(family, (rows = new Map<string, number[]>()));
    const known = rows.get(key);
    if (known) return known;
    const bounded = rows.size < MAX_ROWS ? key : boundedKey(family, key);
    const row = rows.get(bounded) ?? [];
    rows.set(bounded, row);
    return row;
  }
}

/** Label values in which those that tenants choose are replaced, where the family has any. */
function boundedKey(family: string, key: string): string {
  const { labels = [] } = (FAMILIES as Record<string, { labels: readonly string[] } | undefined>)[family] ?? {};
  return JSON.stringify(valuesIn(key).map((value, index) => (OPEN_LABELS.has(labels[index] ?? "") ? OTHER : value)));
}

/** The label values of a row. */
export function valuesIn(key: string): string[] {
  return JSON.parse(key) as string[];
}
