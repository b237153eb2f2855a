import type { FailedExecution } from "../../domain/ledger/recent-failures.ts";
import {
  alarmOf,
  alarmText,
  type CanaryWatch,
  lookAt,
  measuresOf,
  watchSplit,
} from "../../domain/promotions/canary.ts";
import type { CanaryTests } from "../../domain/promotions/canary-tests.ts";
import { spanOfLook } from "../../domain/promotions/canary-failures.ts";
import { isSplit } from "../../domain/promotions/protection.ts";
import { isSameSplit, type LabelKey } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import type { ClaimedCanary } from "../../storage/promotions/protections.ts";
import { newMove } from "../prompts/label-records.ts";
import { countVersions } from "./count-versions.ts";
import type { PromotionDeps } from "./promotion-deps.ts";
import { type LookedAtTests, lookAtTests, type TestedSplit } from "./watch-tests.ts";

/** How long one look may take, and after which time the next one is due, ms. */
const LEASE_MS = 300_000;
const AGAIN_MS = 50_000;
/** Of each of the tenant's ledger objects so many failures are looked at, the newest. */
const MAX_FAILURES = 25;

/**
 * Looks at a label that goes back by itself, if it is due: at what its versions did since the last
 * look, and at test runs that ended. It moves the label to the served version where another one is
 * proven to be worse. True where it moved.
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
  const { served, canaries } = watch;
  await deps.flush(key.tenant_id);
  const counts = await countVersions(deps, key, watch, now);
  const looked = lookAt(watch, { split, counts, failures: await findFailures(deps, key, watch, now), now });
  const alarm = alarmOf(looked, rules);
  if (alarm) return goBack(deps, claimed, { split, served, why: alarmText(alarm, served) });
  const level = (rules.false_alarm_rate * canaries.length) / measuresOf(looked, rules);
  const { tests, worse }: LookedAtTests = rules.tests
    ? await tryLookAtTests(deps, { key, served, canaries, level }, looked.tests)
    : looked;
  if (worse !== undefined) return goBack(deps, claimed, { split, served, why: worse });
  await deps.protections.keepCanary(claimed, { ...looked, tests }, deps.now() + AGAIN_MS);
  return false;
}

/** Calls are watched whatever becomes of test runs, such as where the tenant has too many. */
async function tryLookAtTests(deps: PromotionDeps, split: TestedSplit, before: CanaryTests): Promise<LookedAtTests> {
  try {
    return await lookAtTests(deps, split, before);
  } catch (error) {
    deps.onError("canary_tests_fault", `${split.key.tenant_id}/${split.key.name}@${split.key.label}`, error);
    return { tests: before };
  }
}

async function meaningBeforeSplit(deps: PromotionDeps, key: LabelKey, split: SplitArm[]): Promise<SplitArm[] | null> {
  const [last] = await deps.labels.moves(key, 1);
  return last && isSameSplit(last.to_split, split) ? last.from_split : null;
}

/** Failures since the last look; none at the first one. */
async function findFailures(
  deps: PromotionDeps,
  { tenant_id, name: prompt, label }: LabelKey,
  { failures, cases, hour }: CanaryWatch,
  now: number,
): Promise<FailedExecution[]> {
  if (hour === 0 || !cases.some(({ metric }) => metric === "errors")) return [];
  const span = spanOfLook(failures, now);
  return deps.executions.failures(tenant_id, { prompt, label, ...span, limit: MAX_FAILURES });
}

/** Moves a label back. Where it dies after the move, there is no split left to look at. */
async function goBack(
  deps: PromotionDeps,
  { key }: ClaimedCanary,
  { split, served, why }: { split: SplitArm[]; served: number; why: string },
): Promise<boolean> {
  const to = [{ version: served, weight: 1 }];
  const move = newMove(deps.now(), "automatic_rollback", to, { key_id: null, reason: why });
  const made = await deps.labels.move(key, move, { from: split, gated: true });
  if (made) await deps.follow(made);
  return made !== undefined;
}
