import { type InsightCell, type PackedCell, packCell } from "./insight-cell.ts";
import type { InsightLine } from "./insight-rollup.ts";
import type { HourRatings } from "./rating-cell.ts";
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

/** An hour and its cell, as they are sent. */
export type PackedHour = [hour: number, cell: PackedCell];

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

/** Subjects by how many executions they had, the most first. */
export function sortTotals(totals: readonly SubjectTotal[]): SubjectTotal[] {
  return totals.toSorted((a, b) => b.executions - a.executions || (a.name < b.name ? -1 : 1));
}

/** The form in which hours are sent. */
export function packHours({ cells, ...subject }: SubjectSeries): SubjectHours {
  return { ...subject, cells: packHourCells(cells) };
}

/** The form in which the cells of hours are sent. */
export function packHourCells(cells: ReadonlyMap<number, InsightCell>): string {
  return JSON.stringify(Array.from(cells, ([hour, cell]): PackedHour => [hour, packCell(cell)]));
}
