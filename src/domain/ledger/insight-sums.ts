import { addCell, type InsightCell, noCell, type PackedCell, unpackCell } from "./insight-cell.ts";
import {
  type InsightSummary,
  type PackedHour,
  sortTotals,
  type SubjectHours,
  subjectKey,
  type SubjectSeries,
  type SubjectTotal,
} from "./insight-messages.ts";
import { addRatings, type HourRatings } from "./rating-cell.ts";

/** A subject's hours while they are added up, with its ratings by hour, version and model. */
interface SeriesSum extends Omit<SubjectSeries, "ratings"> {
  ratings: Map<string, HourRatings>;
}

/**
 * Adds up what the objects of a ledger told of some hours, one answer after the other: all answers
 * of a large tenant would be more than the memory has.
 */
export class InsightSums {
  readonly #totals = new Map<string, SubjectTotal>();
  readonly #series = new Map<string, SeriesSum>();
  readonly #whole = new Map<number, InsightCell>();

  add({ totals, hours, whole }: Pick<InsightSummary, "totals" | "hours" | "whole">): void {
    for (const total of totals) this.#addTotal(total);
    for (const some of hours) this.#addHours(some);
    // Objects of older versions do not tell it.
    if (whole !== undefined) addPacked(this.#whole, whole);
  }

  /** How many executions each subject had, the most first. */
  totals(): SubjectTotal[] {
    return sortTotals([...this.#totals.values()]);
  }

  /** The hours of each subject that was asked for. */
  series(): SubjectSeries[] {
    return Array.from(this.#series.values(), (sum) => ({ ...sum, ratings: [...sum.ratings.values()] }));
  }

  /** The hours of all executions together. */
  whole(): Map<number, InsightCell> {
    return this.#whole;
  }

  #addTotal({ kind, name, executions }: SubjectTotal): void {
    const key = subjectKey({ kind, name });
    const sum = this.#totals.get(key);
    if (sum) sum.executions += executions;
    else this.#totals.set(key, { kind, name, executions });
  }

  #addHours({ kind, name, cells, ratings }: SubjectHours): void {
    const key = subjectKey({ kind, name });
    let sum = this.#series.get(key);
    if (!sum) this.#series.set(key, (sum = { kind, name, cells: new Map(), ratings: new Map() }));
    addPacked(sum.cells, cells);
    for (const each of ratings) {
      const place = `${each.hour} ${each.version} ${each.model ?? ""}`;
      const rated = sum.ratings.get(place);
      if (rated) addRatings(rated, each);
      else sum.ratings.set(place, { ...each });
    }
  }
}

function addPacked(sums: Map<number, InsightCell>, packed: string): void {
  for (const [hour, numbers] of JSON.parse(packed) as PackedHour[]) addNumbers(sums, hour, numbers);
}

function addNumbers(sums: Map<number, InsightCell>, hour: number, numbers: PackedCell): void {
  let sum = sums.get(hour);
  if (!sum) sums.set(hour, (sum = noCell()));
  addCell(sum, unpackCell(numbers));
}
