import {
  type Anomaly,
  findAnomalies,
  type FoundAnomalies,
  LEARNED_WEEKS,
  WATCHED_WEEKS,
} from "../../domain/insights/find-anomalies.ts";
import { WEEK_HOURS } from "../../domain/insights/season.ts";
import type { InsightSubject } from "../../domain/ledger/insight-messages.ts";
import { HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { examineSubjects, type InsightDeps, type LeftOut } from "./examined-subjects.ts";

/** An hour is complete this long after its end, ms: its executions have ended and are on record. */
export const COMPLETE_AFTER_MS = 360_000;

/** What was unusual in the last week. Times are Unix ms. */
export interface AnomalyReport extends FoundAnomalies {
  left_out: LeftOut;
  /** The time that was looked at: whole hours. */
  from: number;
  to: number;
}

/** Only the anomalies of a prompt or a model, which is then examined in any case. */
export interface AnomalyFilter {
  prompt?: string;
  model?: string;
}

/**
 * What was unusual in the last week of a tenant's prompts and models, the newest first. `also` is
 * examined besides, however few executions it has; each subject once.
 */
export async function readAnomalies(
  deps: InsightDeps,
  tenantId: string,
  { prompt, model }: AnomalyFilter,
  also: readonly InsightSubject[] = [],
): Promise<AnomalyReport> {
  await deps.flush(tenantId);
  const end = hourOf(deps.now() - COMPLETE_AFTER_MS);
  const wanted: InsightSubject[] = [
    ...(prompt === undefined ? [] : [{ kind: "prompt" as const, name: prompt }]),
    ...(model === undefined ? [] : [{ kind: "model" as const, name: model }]),
  ];
  const hours = { from: end - (LEARNED_WEEKS + WATCHED_WEEKS) * WEEK_HOURS, to: end };
  const wish = { kinds: ["prompt", "model"] as const, others: [...wanted, ...also] };
  const { series, left_out } = await examineSubjects(deps, tenantId, hours, wish);
  const found = findAnomalies(series, end);
  const isWanted = ({ subject }: Anomaly) =>
    wanted.length === 0 || wanted.some(({ kind, name }) => subject.kind === kind && subject.name === name);
  return {
    ...found,
    anomalies: found.anomalies.filter(isWanted),
    left_out,
    from: (end - WATCHED_WEEKS * WEEK_HOURS) * HOUR_MS,
    to: end * HOUR_MS,
  };
}
