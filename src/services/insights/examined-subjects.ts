import type { InsightSubject, SubjectSeries, SubjectTotal } from "../../domain/ledger/insight-messages.ts";
import { OTHER_PROMPTS } from "../../domain/ledger/insight-rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/** What insights are read with. */
export interface InsightDeps extends Clock, Pick<RecordUsage, "flush"> {
  executions: Pick<ExecutionRepository, "insights">;
}

/** The most prompts and models that are examined, so that no number of them makes more work. */
export const MOST_EXAMINED = { prompt: 20, model: 10 } as const;

/** Prompts and models with their hours, and how much is not among them. */
export interface ExaminedSubjects {
  series: SubjectSeries[];
  left_out: LeftOut;
}

/** How many prompts and models were not examined, and what share of executions they had. */
export interface LeftOut {
  prompts: number;
  models: number;
  executions_share: number;
}

/** Which subjects are wanted: those of a kind, or some beside those with the most executions. */
export interface ExaminedWish {
  kinds: readonly InsightSubject["kind"][];
  others: readonly InsightSubject[];
}

/**
 * The prompts and models of a tenant with the most executions in some hours. It reads each ledger
 * object twice: how much each subject had, and the hours of those that are examined.
 */
export async function examineSubjects(
  { executions }: Pick<InsightDeps, "executions">,
  tenantId: string,
  hours: NumberSpan,
  { kinds, others }: ExaminedWish,
): Promise<ExaminedSubjects> {
  const { totals } = await executions.insights(tenantId, hours);
  const named = totals.filter(({ kind, name }) => kinds.includes(kind) && name !== OTHER_PROMPTS);
  const chosen = kinds.flatMap((kind) => named.filter((each) => each.kind === kind).slice(0, MOST_EXAMINED[kind]));
  const isChosen = ({ kind, name }: InsightSubject) => chosen.some((each) => each.kind === kind && each.name === name);
  const subjects = [...chosen, ...others.filter((other) => !isChosen(other))].map(({ kind, name }) => ({ kind, name }));
  const { series } =
    subjects.length === 0 ? { series: [] } : await executions.insights(tenantId, { ...hours, subjects });
  const countOf = (kind: InsightSubject["kind"], some: readonly SubjectTotal[]) =>
    some.filter((each) => each.kind === kind).length;
  const missing = (kind: InsightSubject["kind"]) => countOf(kind, named) - countOf(kind, chosen);
  const left_out = { prompts: missing("prompt"), models: missing("model"), executions_share: shareOf(totals, chosen) };
  return { series, left_out };
}

/** The share of the prompts' executions, or of the models', that the chosen ones do not have. */
function shareOf(totals: readonly SubjectTotal[], chosen: readonly SubjectTotal[]): number {
  const [kind] = chosen.map((each) => each.kind);
  const sum = (some: readonly SubjectTotal[]) =>
    some.reduce((total, each) => total + (each.kind === kind ? each.executions : 0), 0);
  const all = sum(totals);
  return all === 0 ? 0 : 1 - sum(chosen) / all;
}
