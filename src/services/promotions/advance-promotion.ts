import { checksOf, type CheckResult, type Promotion, type PromotionChecks } from "../../domain/promotions/promotion.ts";
import type { PromotionKey } from "../../storage/promotions/promotions.ts";
import { actAsSystem } from "../audit/act-as.ts";
import { newMove } from "../prompts/label-records.ts";
import { checkTests } from "./check-tests.ts";
import { checkCalls } from "./check-calls.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** How long a worker has for a promotion, ms; after that another takes it up. */
const LEASE_MS = 120_000;
/** A promotion whose tests are under way is looked at again after this time, ms. */
const AGAIN_MS = 20_000;

/**
 * Works on a pending promotion: makes the checks that are open, and moves the label once all have
 * passed, or ends the promotion once one has failed. Stops the tests of one that has ended. Does
 * nothing where another works on it. Where this throws or dies, the sweep takes the promotion up
 * again; every step of it can be repeated.
 */
export async function advancePromotion(deps: PromotionDeps, key: PromotionKey): Promise<void> {
  return actAsSystem(async () => advance(deps, key));
}

async function advance(deps: PromotionDeps, key: PromotionKey): Promise<void> {
  const now = deps.now();
  const until = now + LEASE_MS;
  const promotion = await deps.promotions.claim(key, now, until);
  if (!promotion) return clearUp(deps, key);
  const checks = await makeChecks(deps, promotion);
  const results = Object.values(checks);
  if (results.some(({ status }) => status === "failed")) {
    await deps.promotions.end(promotion, { status: "failed", checks, ended_at: deps.now() });
    return clearUp(deps, key);
  }
  const isOpen = results.some(({ status }) => status === "pending");
  const given = (await deps.promotions.approvalsOf([promotion])).get(promotion.id) ?? [];
  const all = checksOf({ ...promotion, checks }, given);
  if (all.every(({ result }) => result.status === "passed")) await promote(deps, promotion, checks);
  else await deps.promotions.keep(key, until, checks, isOpen ? deps.now() + AGAIN_MS : null);
}

/** The cheap check comes first: where it fails, no test is paid for. */
async function makeChecks(deps: PromotionDeps, promotion: Promotion): Promise<PromotionChecks> {
  const checks = { ...promotion.checks };
  const make = async (name: keyof PromotionChecks, check: () => Promise<CheckResult>) => {
    if (checks[name]?.status === "pending") checks[name] = await check();
    return checks[name]?.status !== "failed";
  };
  const mayGoOn = await make("compatible_variables", async () => checkCalls(deps, promotion));
  if (mayGoOn) await make("tests", async () => checkTests(deps, promotion));
  return checks;
}

async function promote(deps: PromotionDeps, promotion: Promotion, checks: PromotionChecks): Promise<void> {
  const { id: promotion_id, to_split } = promotion;
  const move = { ...newMove(deps.now(), "promotion", to_split, promotion), promotion_id };
  const made = await deps.promotions.promote(promotion, checks, move);
  if (made) return deps.follow(made);
  // Somebody ended it meanwhile, or a version of it is gone.
  const detail = "The label or its versions changed meanwhile.";
  await deps.promotions.end(promotion, { status: "failed", checks, detail, ended_at: deps.now() });
}

/**
 * Stops the test runs of a promotion that has ended. It stays due until this is done: whoever moves
 * the label ends it in one statement, and a worker may be about to start a run.
 */
async function clearUp(deps: PromotionDeps, key: PromotionKey): Promise<void> {
  const ended = await deps.promotions.findEnded(key);
  if (!ended) return;
  await cancelRuns(deps, ended);
  await deps.promotions.setCleared(key);
}

/** Ends those test runs of a promotion that go on, and that nobody waits for any more. */
export async function cancelRuns(deps: PromotionDeps, { tenant_id, test_pairs, checks }: Promotion): Promise<void> {
  if (!checks.tests) return;
  const ids = test_pairs.flatMap(({ run_id, served_run_id }) => [run_id, served_run_id ?? []].flat());
  await Promise.all(ids.map(async (id) => deps.cancelTestRun({ tenant_id, id }).catch(() => undefined)));
}
