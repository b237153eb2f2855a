import { addCell, type InsightCell, noCell } from "../../domain/ledger/insight-cell.ts";
import {
  type InsightQuery,
  type InsightSubject,
  type InsightSummary,
  MAX_TOTALS,
  packHourCells,
  packHours,
  sortTotals,
  subjectKey,
  type SubjectHours,
  type SubjectSeries,
  subjectsOf,
  type SubjectTotal,
} from "../../domain/ledger/insight-messages.ts";
import { type InsightLine, readInsights } from "../../domain/ledger/insight-rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { FeedbackDays } from "./feedback-days.ts";
import type { LedgerRollups } from "./ledger-rollups.ts";

/** What insights are read from. The sums of the open hours are in memory. */
export interface InsightSources {
  rollups: LedgerRollups;
  feedback: FeedbackDays;
}

/** What an object knows of some hours: of all subjects how much, or of some of them all. */
export function sumInsights(
  { rollups, feedback }: InsightSources,
  { subjects, whole, ...hours }: InsightQuery,
): Pick<InsightSummary, "totals" | "hours" | "whole"> {
  const lines = linesOf(rollups, hours);
  if (whole) return { totals: [], hours: [], whole: packHourCells(wholeOf(lines)) };
  if (!subjects) return { totals: totalsOf(lines), hours: [] };
  const prompts = subjects.filter(({ kind }) => kind === "prompt").map(({ name }) => name);
  return { totals: [], hours: hoursOf(subjects, lines, feedback.read(prompts, hours)) };
}

function* linesOf(rollups: LedgerRollups, { from, to }: NumberSpan): Generator<InsightLine & { hour: number }> {
  for (const { start: hour, body } of rollups.table.each("hour", "insights", { from, to })) {
    for (const line of readInsights(body)) yield { ...line, hour };
  }
  for (const [hour, { insights }] of rollups.openHours()) {
    if (hour >= from && hour < to) for (const line of insights.lines()) yield { ...line, hour };
  }
}

function totalsOf(lines: Iterable<InsightLine>): SubjectTotal[] {
  const totals = new Map<string, SubjectTotal>();
  for (const { cell, ...of } of lines) {
    for (const subject of subjectsOf(of)) {
      const key = subjectKey(subject);
      const total = totals.get(key) ?? { ...subject, executions: 0 };
      total.executions += cell.executions;
      totals.set(key, total);
    }
  }
  const sorted = sortTotals([...totals.values()]);
  return (["prompt", "model"] as const).flatMap((kind) =>
    sorted.filter((total) => total.kind === kind).slice(0, MAX_TOTALS),
  );
}

function wholeOf(lines: Iterable<InsightLine & { hour: number }>): Map<number, InsightCell> {
  const cells = new Map<number, InsightCell>();
  for (const { hour, cell } of lines) {
    const sum = cells.get(hour) ?? noCell();
    addCell(sum, cell);
    cells.set(hour, sum);
  }
  return cells;
}

function hoursOf(
  subjects: readonly InsightSubject[],
  lines: Iterable<InsightLine & { hour: number }>,
  ratings: ReturnType<FeedbackDays["read"]>,
): SubjectHours[] {
  const series = new Map<string, SubjectSeries>();
  for (const subject of subjects) series.set(subjectKey(subject), { ...subject, cells: new Map(), ratings: [] });
  for (const { hour, cell, ...of } of lines) {
    for (const subject of subjectsOf(of)) {
      const cells = series.get(subjectKey(subject))?.cells;
      if (!cells) continue;
      const sum = cells.get(hour) ?? noCell();
      addCell(sum, cell);
      cells.set(hour, sum);
    }
  }
  for (const { prompt, ...each } of ratings) {
    for (const subject of subjectsOf({ prompt, model: each.model })) {
      series.get(subjectKey(subject))?.ratings.push(each);
    }
  }
  return Array.from(series.values(), packHours);
}
