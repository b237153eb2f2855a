import { type LabelKey, mainVersion } from "../prompts/label-move.ts";
import type { SplitArm } from "../prompts/label.ts";
import type { LabelProtection } from "./protection.ts";

/** How a promotion stands. `failed`: a check did, or the label was moved meanwhile. */
export const PROMOTION_STATUSES = ["pending", "promoted", "failed", "cancelled"] as const;
/** One of {@link PROMOTION_STATUSES}. */
export type PromotionStatus = (typeof PROMOTION_STATUSES)[number];

/** The checks that a promotion may have to pass. */
export const CHECK_NAMES = ["compatible_variables", "tests", "approvals"] as const;
/** One of {@link CHECK_NAMES}. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** How a check stands. */
export interface CheckResult {
  status: "pending" | "passed" | "failed";
  /** What was found, for a person. */
  detail: string;
}

/** The checks of a promotion that are worked on, without its approvals. */
export type PromotionChecks = Partial<Record<Exclude<CheckName, "approvals">, CheckResult>>;

/** A new version, and the runs of its tests by it and by the served version, null where none is. */
export interface TestPair {
  version: number;
  run_id: string;
  served_run_id: string | null;
}

/** An approval of a promotion. Unix ms. */
export interface Approval {
  key_id: string;
  approved_at: number;
}

/** A move of a protected label that was asked for. Times are Unix ms. */
export interface Promotion extends LabelKey {
  id: string;
  status: PromotionStatus;
  /** The key that asked. */
  key_id: string;
  reason: string | null;
  /** What the label meant when the move was asked for; null where it was not set. */
  from_split: SplitArm[] | null;
  to_split: SplitArm[];
  /** The approvals that it needs. */
  approvals: number;
  checks: PromotionChecks;
  test_pairs: TestPair[];
  created_at: number;
  ended_at: number | null;
  /** The key that cancelled it. */
  ended_by: string | null;
  /** Why it ended, where its checks do not say it. */
  detail: string | null;
  traceparent: string | null;
}

/** The checks that a protection asks for, before anything is known. */
export function pendingChecks({ tests, compatible_variables }: LabelProtection): PromotionChecks {
  const pending: CheckResult = { status: "pending", detail: "not looked at yet" };
  return { ...(compatible_variables && { compatible_variables: pending }), ...(tests && { tests: pending }) };
}

/** Every check of a promotion, by name. */
export function checksOf(
  { checks, approvals }: Pick<Promotion, "checks" | "approvals">,
  given: readonly Approval[],
): { name: CheckName; result: CheckResult }[] {
  const approved: CheckResult = {
    status: given.length >= approvals ? "passed" : "pending",
    detail: `${given.length} of ${approvals} approvals`,
  };
  const all: Partial<Record<CheckName, CheckResult>> = { ...checks, ...(approvals > 0 && { approvals: approved }) };
  return CHECK_NAMES.flatMap((name) => {
    const result = all[name];
    return result ? [{ name, result }] : [];
  });
}

/**
 * The version that a label serves to most callers: new ones are compared with it. Undefined where
 * the label was not set.
 */
export function servedVersion({ from_split }: Pick<Promotion, "from_split">): number | undefined {
  return from_split ? mainVersion(from_split) : undefined;
}

/** The versions that have to pass the checks: all but the served one. */
export function newVersions(promotion: Pick<Promotion, "from_split" | "to_split">): number[] {
  const served = servedVersion(promotion);
  return [...new Set(promotion.to_split.map(({ version }) => version))].filter((version) => version !== served);
}
