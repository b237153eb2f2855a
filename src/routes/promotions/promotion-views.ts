import * as z from "zod";
import { CHECK_NAMES, checksOf, PROMOTION_STATUSES } from "../../domain/promotions/promotion.ts";
import { type LabelProtection, MAX_APPROVALS } from "../../domain/promotions/protection.ts";
import type { ApprovedPromotion } from "../../services/promotions/promotion-deps.ts";
import { meaningView, toMeaning } from "../prompts/label-views.ts";
import { rfc3339 } from "../router.ts";

/** The rate of false alarms where none is given. */
const FALSE_ALARM_RATE = 0.01;

const autoRollback = z.strictObject({
  errors: z.boolean().default(true).describe("Failed executions count"),
  feedback: z.boolean().default(false).describe("Scores of feedback count"),
  tests: z.boolean().default(true).describe("Runs of the versions' own tests count"),
  false_alarm_rate: z
    .number()
    .min(0.000_1)
    .max(0.1)
    .default(FALSE_ALARM_RATE)
    .describe("The chance of a rollback over the life of a split whose versions are equally good"),
});

/** What a label has to pass, in the body of a request. */
export const protectionSchema = z.strictObject({
  tests: z.boolean().describe("The new version's tests pass about as often as with the served version"),
  compatible_variables: z.boolean().describe("The new version takes the variables that callers give"),
  approvals: z.int().min(0).max(MAX_APPROVALS).describe("Approvals by other keys than the one that asks"),
  auto_rollback: autoRollback.optional().describe("A split goes back to the old version where a new one is worse"),
});

/** What a label has to pass. */
export const protectionView = z.object({
  tests: z.boolean(),
  compatible_variables: z.boolean(),
  approvals: z.int(),
  auto_rollback: z
    .object({ errors: z.boolean(), feedback: z.boolean(), tests: z.boolean(), false_alarm_rate: z.number() })
    .optional(),
});

/** A promotion in the HTTP API. */
export const promotionView = z.object({
  id: z.string(),
  status: z.enum(PROMOTION_STATUSES).describe("`promoted`: the label has moved"),
  checks: z.array(
    z.object({
      name: z.enum(CHECK_NAMES),
      status: z.enum(["pending", "passed", "failed"]),
      detail: z.string().describe("What was found"),
    }),
  ),
  prompt: z.string(),
  label: z.string(),
  from: meaningView.nullable().describe("What the label meant; null where it was not set"),
  to: meaningView.describe("What it is to mean"),
  reason: z.string().nullable(),
  asked_by: z.string().describe("The key that asked"),
  approvals: z.array(z.object({ key_id: z.string(), approved_at: z.string() })),
  created_at: z.string(),
  ended_at: z.string().nullable(),
  ended_by: z.string().nullable().describe("The key that cancelled it, or changed the protection"),
  detail: z.string().nullable().describe("Why it ended, where its checks do not say it"),
});

/** Converts a protection to its view. */
export function toProtectionView({ auto_rollback, ...gates }: LabelProtection): z.infer<typeof protectionView> {
  return { ...gates, ...(auto_rollback && { auto_rollback }) };
}

/** Converts a promotion to its view. */
export function toPromotionView({ promotion, approvals }: ApprovedPromotion): z.infer<typeof promotionView> {
  const { id, status, name, label, from_split, to_split, reason, key_id, created_at, ended_at } = promotion;
  return {
    id,
    status,
    checks: checksOf(promotion, approvals).map(({ name: check, result }) => ({ name: check, ...result })),
    prompt: name,
    label,
    from: from_split && toMeaning(from_split),
    to: toMeaning(to_split),
    reason,
    asked_by: key_id,
    approvals: approvals.map((each) => ({ key_id: each.key_id, approved_at: rfc3339(each.approved_at) })),
    created_at: rfc3339(created_at),
    ended_at: ended_at === null ? null : rfc3339(ended_at),
    ended_by: promotion.ended_by,
    detail: promotion.detail,
  };
}
