import { HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import type { CanaryWatch, VersionCounts } from "../../domain/promotions/canary.ts";
import type { LabelKey } from "../../domain/prompts/label-move.ts";
import type { UsageRow } from "../../domain/usage/usage.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** A look reads this many hours at most: what was counted before, while nobody looked, is lost. */
const MOST_HOURS = 24;
const MAX_GROUPS = 10_000;

/** What the ledger counts of the versions of a split, since the hour before the last look. */
export async function countVersions(
  deps: Pick<PromotionDeps, "executions">,
  key: LabelKey,
  watch: CanaryWatch,
  now: number,
): Promise<VersionCounts[]> {
  const hour = hourOf(now);
  const from = Math.max((watch.hour === 0 ? hour : watch.hour) - 1, hour - MOST_HOURS);
  const hours = { from, to: hour + 1 };
  const metrics = new Set(watch.cases.map(({ metric }) => metric));
  const [errors, feedback] = await Promise.all([
    metrics.has("errors") ? countErrors(deps, key, hours) : [],
    metrics.has("feedback") ? countScores(deps, key, hours) : [],
  ]);
  const versions = new Set([watch.served, ...watch.cases.map(({ version }) => version)]);
  return [...errors, ...feedback].filter(({ version }) => versions.has(version));
}

/**
 * Executions by the label that nobody had answered before: a canary has fewer stored answers, which
 * cannot fail.
 */
async function countErrors(
  deps: Pick<PromotionDeps, "executions">,
  { tenant_id, name, label }: LabelKey,
  hours: { from: number; to: number },
): Promise<VersionCounts[]> {
  const span = { from: hours.from * HOUR_MS, to: hours.to * HOUR_MS };
  const group_by = ["prompt", "version", "label", "hour"] as const;
  const { rows } = await deps.executions.usage(tenant_id, { ...span, group_by: [...group_by], limit: MAX_GROUPS });
  if (rows.length > MAX_GROUPS) throw new Error(`more than ${MAX_GROUPS} groups of executions`);
  return rows
    .filter(({ groups }) => groups.prompt === name && groups.label === label)
    .map((row) => ({
      metric: "errors",
      version: Number(row.groups.version),
      hour: hourOf(Date.parse(String(row.groups.hour))),
      calls: answeredAnew(row),
      bad: row.errors,
    }));
}

function answeredAnew({ executions, unknown, memory_hits, edge_hits, kv_hits, flight_hits }: UsageRow): number {
  return executions - unknown - memory_hits - edge_hits - kv_hits - flight_hits;
}

/** Scores of feedback from 0 to 1: what is lost of each is bad. They are counted by version. */
async function countScores(
  deps: Pick<PromotionDeps, "executions">,
  { tenant_id, name }: LabelKey,
  hours: { from: number; to: number },
): Promise<VersionCounts[]> {
  const subjects = [{ kind: "prompt" as const, name }];
  const { series } = await deps.executions.insights(tenant_id, { ...hours, subjects });
  const cells = Map.groupBy(series[0]?.ratings ?? [], ({ version, hour }) => `${version} ${hour}`);
  return [...cells.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const calls = some.reduce((sum, { count }) => sum + count, 0);
    const score = some.reduce((sum, each) => sum + each.sum, 0);
    return [{ metric: "feedback", version: first.version, hour: first.hour, calls, bad: calls - score }];
  });
}
