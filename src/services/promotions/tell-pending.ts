import type { Promotion } from "../../domain/promotions/promotion.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/** Stores the event of a new promotion, once however often. A failure is only reported. */
export async function tellPending(
  deps: Pick<PromotionDeps, "promotions" | "publishEvent" | "onError">,
  promotion: Promotion,
): Promise<void> {
  const { id, tenant_id, name, label, from_split, to_split, key_id, reason, created_at, traceparent } = promotion;
  try {
    await deps.publishEvent(tenant_id, {
      type: "promotion.pending",
      key: `promotion.pending/${id}`,
      prompt: name,
      at: created_at,
      data: { id, prompt: name, label, from: from_split, split: to_split, asked_by: key_id, reason },
      ...(traceparent !== null && { traceparent }),
    });
    await deps.promotions.setTold(promotion);
  } catch (error) {
    deps.onError("event_unpublished", id, error);
  }
}
