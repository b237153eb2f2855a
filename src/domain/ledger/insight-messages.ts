import { addCell, type InsightCell, noCell, type PackedCell, packCell, unpackCell } from "./insight-cell.ts";
import type { InsightLine } from "./insight-rollup.ts";
import { addRatings, type HourRatings, type RatingCell } from "./rating-cell.ts";
import type { NumberSpan } from "./usage-plan.ts";

/** What insights are about: a prompt by its name, or a model. */
export interface InsightSubject {
  kind: "prompt" | "model";
  name: string;
}

/** A question for some hours, numbered from 1970: `from` is included, `to` is not. */
export interface InsightQuery extends NumberSpan {
  /** Whose hours are wanted; without it, how many executions each subject had. */
  subjects?: InsightSubject[];
  /** The hours of all executions together are wanted, and nothing else. */
  whole?: true;
}

/** How many executions a subject had. */
export interface SubjectTotal extends InsightSubject {
  executions: number;
}

type PackedHour = [hour: number, cell: PackedCell];

/** The hours of a subject as they are sent. */
export interface SubjectHours extends InsightSubject {
  /** Hours that have executions, each with its cell: {@link PackedHour}s as JSON. */
  cells: string;
  /** The feedback on executions that started in the hours. */
  ratings: HourRatings[];
}

/** What an object of a ledger knows of some hours. */
export interface InsightSummary {
  /** Of each kind the subjects with the most executions, unless subjects were asked for. */
  totals: SubjectTotal[];
  /** Of the subjects that were asked for. */
  hours: SubjectHours[];
  /** Of all executions, where they were asked for: {@link PackedHour}s as JSON. */
  whole?: string;
  /** The size of the object's database. */
  bytes: number;
  rows_read: number;
}

/** The most subjects of a kind of which an object tells totals. */
export const MAX_TOTALS = 1_000;

/**
 * The subjects of a line. Requests without a prompt, and those that called nobody, have one less.
 */
export function subjectsOf({ prompt, model }: Omit<InsightLine, "cell">): InsightSubject[] {
  const ofPrompt = prompt === "" ? [] : [{ kind: "prompt" as const, name: prompt }];
  return model === null ? ofPrompt : [...ofPrompt, { kind: "model" as const, name: model }];
}

/** A subject as one text, for maps. */
export function subjectKey({ kind, name }: InsightSubject): string {
  return `${kind}:${name}`;
}

/** The hours of a subject with the sums of all objects. */
export interface SubjectSeries extends InsightSubject {
  cells: Map<number, InsightCell>;
  ratings: HourRatings[];
}

/** Adds up what the objects of a ledger told of the same subjects. */
export function mergeHours(parts: readonly SubjectHours[]): SubjectSeries[] {
  return [...Map.groupBy(parts, subjectKey).values()].flatMap((some) => {
    const [first] = some;
    return first
      ? [
          {
            kind: first.kind,
            name: first.name,
            cells: mergeHourCells(some.map(({ cells }) => cells)),
            ratings: mergeRatings(some),
          },
        ]
      : [];
  });
}

/** Adds up how many executions the objects of a ledger told of, the most first. */
export function mergeTotals(parts: readonly SubjectTotal[]): SubjectTotal[] {
  const sums = [...Map.groupBy(parts, subjectKey).values()].flatMap((some) => {
    const [first] = some;
    return first ? [{ ...first, executions: some.reduce((sum, { executions }) => sum + executions, 0) }] : [];
  });
  return sums.toSorted((a, b) => b.executions - a.executions || (a.name < b.name ? -1 : 1));
}

/** The form in which hours are sent. */
export function packHours({ cells, ...subject }: SubjectSeries): SubjectHours {
  return { ...subject, cells: packHourCells(cells) };
}

/** The form in which the cells of hours are sent. */
export function packHourCells(cells: ReadonlyMap<number, InsightCell>): string {
  return JSON.stringify(Array.from(cells, ([hour, cell]): PackedHour => [hour, packCell(cell)]));
}

/** Adds up the cells of hours that some objects sent. */
export function mergeHourCells(parts: readonly string[]): Map<number, InsightCell> {
  const cells = new Map<number, InsightCell>();
  for (const [hour, packed] of parts.flatMap((part) => JSON.parse(part) as PackedHour[])) {
    const cell = cells.get(hour) ?? noCell();
    addCell(cell, unpackCell(packed));
    cells.set(hour, cell);
  }
  return cells;
}

function mergeRatings(parts: readonly SubjectHours[]): HourRatings[] {
  const keyOf = ({ hour, version, model }: HourRatings) => `${hour} ${version} ${model ?? ""}`;
  const groups = Map.groupBy(
    parts.flatMap(({ ratings }) => ratings),
    keyOf,
  );
  return [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const sum: RatingCell = { count: 0, sum: 0, squares: 0 };
    for (const each of some) addRatings(sum, each);
    return [{ ...first, ...sum }];
  });
}
