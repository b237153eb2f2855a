import { AppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { newVersions, pendingChecks, type Promotion, servedVersion } from "../../domain/promotions/promotion.ts";
import { isGated, type LabelProtection } from "../../domain/promotions/protection.ts";
import { isSameSplit } from "../../domain/prompts/label-move.ts";
import { bucketOf, promptKey } from "../../domain/shard.ts";
import { type LabelSetting, readExpected, setLabel, whyNotMoved } from "../prompts/move-label.ts";
import { advancePromotion } from "./advance-promotion.ts";
import type { ApprovedPromotion, PromotionDeps } from "./promotion-deps.ts";
import { tellPending } from "./tell-pending.ts";

/**
 * Moves a label, or asks for a promotion where it is protected: that is committed when this
 * resolves, and worked on behind the reply. Undefined where the label was moved, or means that
 * already. The same key that asks for the same again gets the same promotion. Throws as `setLabel`
 * does, and `conflict` while another promotion of the label is pending.
 */
export async function moveLabel(deps: PromotionDeps, setting: LabelSetting): Promise<ApprovedPromotion | undefined> {
  const protection = await deps.protections.find(setting);
  if (!isGated(protection)) {
    await setLabel(deps, setting);
    return undefined;
  }
  const asked = await ask(deps, setting, protection);
  if (!asked) return undefined;
  const { tenant_id, id } = asked;
  // Where it was asked for before, some may have approved it.
  const approvals = (await deps.promotions.approvalsOf([asked])).get(id) ?? [];
  const work = tellPending(deps, asked).then(async () => advancePromotion(deps, { tenant_id, id }));
  deps.defer(work.catch((error: unknown) => deps.onError("promotion_fault", id, error)));
  return { promotion: asked, approvals };
}

async function ask(
  deps: PromotionDeps,
  setting: LabelSetting,
  protection: LabelProtection,
): Promise<Promotion | undefined> {
  const { tenant_id, name, label, key_id, split, reason = null, traceparent = null } = setting;
  const expected = await readExpected(deps, setting, setting.expected);
  const from_split = expected ?? (await deps.labels.find(setting))?.split ?? null;
  if (isSameSplit(from_split, split)) return undefined;
  const now = deps.now();
  const id = newId("pro", now, bucketOf(promptKey(tenant_id, name)));
  const { approvals } = protection;
  const asked = { id, tenant_id, name, label, key_id: key_id ?? "", reason, from_split, to_split: split, approvals };
  const rest = { checks: pendingChecks(protection), test_pairs: testPairs(asked, now), created_at: now, traceparent };
  const promotion: Promotion = { ...asked, ...rest, status: "pending", ended_at: null, ended_by: null, detail: null };
  if (await deps.promotions.create(promotion)) return promotion;
  const pending = await deps.promotions.pendingOf({ tenant_id, name, label }, id);
  if (!pending) throw await whyNotMoved(deps, setting, split);
  if (pending.key_id === key_id && isSameSplit(pending.to_split, split)) return pending;
  const detail = `The promotion ${pending.id} of the label is pending. It can be cancelled.`;
  throw new AppError("conflict", detail);
}

/** The ids of all test runs are known before the first one starts, so none is started twice. */
function testPairs(promotion: Pick<Promotion, "from_split" | "to_split">, now: number): Promotion["test_pairs"] {
  const isServed = servedVersion(promotion) !== undefined;
  return newVersions(promotion).map((version) => ({
    version,
    run_id: newId("tst", now),
    served_run_id: isServed ? newId("tst", now) : null,
  }));
}
