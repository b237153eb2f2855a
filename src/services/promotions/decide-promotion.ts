import { AppError, notFound } from "../../domain/errors.ts";
import { isId } from "../../domain/id.ts";
import { decodeCursor, type Page } from "../../domain/page.ts";
import type { Promotion, PromotionStatus } from "../../domain/promotions/promotion.ts";
import type { PromotionKey } from "../../storage/promotions/promotions.ts";
import { advancePromotion, cancelRuns } from "./advance-promotion.ts";
import type { ApprovedPromotion, PromotionDeps } from "./promotion-deps.ts";

/** A promotion, and the key that decides on it. */
export interface Decision extends PromotionKey {
  key_id: string;
}

/** Reads a promotion. Throws `not_found` for one that the tenant does not have. */
export async function readPromotion(
  { promotions }: Pick<PromotionDeps, "promotions">,
  key: PromotionKey,
): Promise<ApprovedPromotion> {
  const promotion = isId("pro", key.id) ? await promotions.find(key) : undefined;
  if (!promotion) throw notFound("promotion");
  const approvals = (await promotions.approvalsOf([promotion])).get(promotion.id) ?? [];
  return { promotion, approvals };
}

/** A page of a tenant's promotions, newest first. Throws a 422 for a bad cursor. */
export async function listPromotions(
  { promotions }: Pick<PromotionDeps, "promotions">,
  tenantId: string,
  { cursor, ...query }: { limit: number; cursor?: string; status?: PromotionStatus },
): Promise<Page<ApprovedPromotion>> {
  const before = decodeCursor("promotions", cursor);
  const { data, next_cursor } = await promotions.list(tenantId, { ...query, ...(before !== undefined && { before }) });
  const approvals = await promotions.approvalsOf(data);
  return {
    data: data.map((promotion) => ({ promotion, approvals: approvals.get(promotion.id) ?? [] })),
    next_cursor,
  };
}

/**
 * Approves a promotion; the label moves at once if nothing else is missing. Again, it changes
 * nothing. Throws `not_found`, `permission_error` for the key that asked, and `conflict` for one
 * that has ended.
 */
export async function approvePromotion(deps: PromotionDeps, { key_id, ...key }: Decision): Promise<ApprovedPromotion> {
  const { promotion } = await readPromotion(deps, key);
  if (promotion.key_id === key_id) {
    throw new AppError("permission_error", "The key that asked for a promotion cannot approve it.");
  }
  if (!(await deps.promotions.approve(promotion, { key_id, approved_at: deps.now() }))) throw await whyEnded(deps, key);
  await advancePromotion(deps, key).catch((error: unknown) => deps.onError("promotion_fault", key.id, error));
  return readPromotion(deps, key);
}

/**
 * Cancels a pending promotion; one that was cancelled stays so. Throws `not_found`, and `conflict`
 * for one that ended in another way.
 */
export async function cancelPromotion(deps: PromotionDeps, { key_id, ...key }: Decision): Promise<ApprovedPromotion> {
  const { promotion } = await readPromotion(deps, key);
  const end = { status: "cancelled", ended_by: key_id, ended_at: deps.now() } as const;
  if (await deps.promotions.end(promotion, end)) await cancelRuns(deps, promotion);
  const now = await readPromotion(deps, key);
  if (now.promotion.status !== "cancelled") throw ended(now.promotion);
  return now;
}

async function whyEnded(deps: PromotionDeps, key: PromotionKey): Promise<AppError> {
  return ended((await readPromotion(deps, key)).promotion);
}

function ended({ status }: Promotion): AppError {
  return new AppError("conflict", `The promotion has ended: it is ${status}.`);
}
