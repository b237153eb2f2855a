import { HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import {
  alarmOf,
  alarmText,
  type CanaryAlarm,
  type CanaryWatch,
  lookAt,
  type VersionCounts,
  watchSplit,
} from "../../domain/promotions/canary.ts";
import { isSplit } from "../../domain/promotions/protection.ts";
import { isSameSplit, type LabelKey } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import type { UsageRow } from "../../domain/usage/usage.ts";
import type { ClaimedCanary } from "../../storage/promotions/protections.ts";
import { newMove } from "../prompts/label-records.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** How long one look may take, and after which time the next one is due, ms. */
const LEASE_MS = 300_000;
const AGAIN_MS = 50_000;
/** A look reads this many hours at most: what was counted before, while nobody looked, is lost. */
const MOST_HOURS = 24;
const MAX_GROUPS = 10_000;

/**
 * Looks at a label that goes back by itself, if it is due: counts what its versions did since the
 * last look, and moves the label to the served version where another one is proven to be worse.
 * True where it moved.
 */
export async function lookAtCanary(deps: PromotionDeps, key: LabelKey): Promise<boolean> {
  const now = deps.now();
  const claimed = await deps.protections.claimCanary(key, now, now + LEASE_MS);
  if (!claimed) return false;
  const rules = claimed.protection.auto_rollback;
  const split = (await deps.labels.find(key))?.split;
  if (!rules || !split || !isSplit(split)) {
    await deps.protections.keepCanary(claimed, null, null);
    return false;
  }
  const watch = watchSplit(split, await meaningBeforeSplit(deps, key, split), rules, claimed.canary);
  const hour = hourOf(now);
  const looked = lookAt(watch, await countVersions(deps, key, watch, hour), hour);
  const alarm = alarmOf(looked, rules);
  if (alarm) return goBack(deps, claimed, { split, watch: looked, alarm });
  await deps.protections.keepCanary(claimed, looked, deps.now() + AGAIN_MS);
  return false;
}

async function meaningBeforeSplit(deps: PromotionDeps, key: LabelKey, split: SplitArm[]): Promise<SplitArm[] | null> {
  const [last] = await deps.labels.moves(key, 1);
  return last && isSameSplit(last.to_split, split) ? last.from_split : null;
}

/** Moves a label back. Where it dies after the move, there is no split left to look at. */
async function goBack(
  deps: PromotionDeps,
  { key }: ClaimedCanary,
  { split, watch, alarm }: { split: SplitArm[]; watch: CanaryWatch; alarm: CanaryAlarm },
): Promise<boolean> {
  const to = [{ version: watch.served, weight: 1 }];
  const mover = { key_id: null, reason: alarmText(alarm, watch.served) };
  const move = newMove(deps.now(), "automatic_rollback", to, mover);
  const made = await deps.labels.move(key, move, { from: split, gated: true });
  if (made) await deps.follow(made);
  return made !== undefined;
}

/** What the ledger counts of the versions of a split, since the hour before the last look. */
async function countVersions(
  deps: PromotionDeps,
  key: LabelKey,
  watch: CanaryWatch,
  hour: number,
): Promise<VersionCounts[]> {
  const from = Math.max((watch.hour === 0 ? hour : watch.hour) - 1, hour - MOST_HOURS);
  const hours = { from, to: hour + 1 };
  await deps.flush(key.tenant_id);
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
  deps: PromotionDeps,
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
  deps: PromotionDeps,
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
