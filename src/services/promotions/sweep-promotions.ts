import { QueryCount } from "../../storage/query-count.ts";
import { advancePromotion } from "./advance-promotion.ts";
import type { PromotionDeps } from "./promotion-deps.ts";
import { tellPending } from "./tell-pending.ts";
import { lookAtCanary } from "./watch-canary.ts";

/** An event that was not stored for this long, ms, is stored by the sweep. */
const UNTOLD_MS = 60_000;
/** Promotions, and labels with splits, that one sweep takes up on each shard. */
const SWEPT_AT_ONCE = 20;

/**
 * After this many calls of ledger objects a sweep takes up no more promotions, or labels. A label of
 * a large tenant takes 600, a promotion 1,700, and an invocation has 10,000 subrequests in all. What
 * is left is due first at the next sweep.
 */
const MOST_LEDGER_CALLS = { promotions: 3_000, labels: 6_000 };

/** What a sweep did. */
export interface SweptPromotions {
  told: number;
  advanced: number;
  /** Splits that went back to their old version. */
  rolled_back: number;
}

/**
 * Takes up promotions whose worker vanished or whose tests ran on, tells of new ones that nobody
 * told of, and looks at the splits of labels that go back by themselves.
 */
export async function sweepPromotions(deps: PromotionDeps): Promise<SweptPromotions> {
  const count = new QueryCount();
  return count.during(async () => sweep(deps, count));
}

async function sweep(deps: PromotionDeps, count: QueryCount): Promise<SweptPromotions> {
  const now = deps.now();
  const untold = await deps.promotions.untold(now - UNTOLD_MS, SWEPT_AT_ONCE);
  for (const promotion of untold) await tellPending(deps, promotion);
  let advanced = 0;
  for (const key of await deps.promotions.due(now, SWEPT_AT_ONCE)) {
    if (count.ledgerCalls >= MOST_LEDGER_CALLS.promotions) break;
    advanced += 1;
    await advancePromotion(deps, key).catch((error: unknown) => deps.onError("promotion_fault", key.id, error));
  }
  let rolled_back = 0;
  for (const key of await deps.protections.dueCanaries(now, SWEPT_AT_ONCE)) {
    if (count.ledgerCalls >= MOST_LEDGER_CALLS.labels) break;
    const isBack = await lookAtCanary(deps, key).catch((error: unknown) =>
      deps.onError("canary_fault", `${key.tenant_id}/${key.name}@${key.label}`, error),
    );
    if (isBack === true) rolled_back += 1;
  }
  return { told: untold.length, advanced, rolled_back };
}
