import type { SplitArm } from "../prompts/label.ts";

/** When a split goes back to its old version by itself. */
export interface AutoRollback {
  /** Whether failed executions count. */
  errors: boolean;
  /** Whether the scores of feedback count. */
  feedback: boolean;
  /** Whether runs of the versions' tests count. */
  tests: boolean;
  /** The chance of a rollback over the life of a split whose versions are equally good. */
  false_alarm_rate: number;
}

/** What a move of a label has to pass. */
export interface LabelProtection {
  /** The tests of the new version do as well as with the served version. */
  tests: boolean;
  /** The new version takes the variables that callers give. */
  compatible_variables: boolean;
  /** Approvals by so many keys beside the one that asks. */
  approvals: number;
  /** Null where splits are left alone. */
  auto_rollback: AutoRollback | null;
}

/** The most approvals that a protection may ask for. */
export const MAX_APPROVALS = 5;

/** The protection of a label that nobody protected. */
export const UNPROTECTED: LabelProtection = {
  tests: false,
  compatible_variables: false,
  approvals: 0,
  auto_rollback: null,
};

/** Whether a move has to pass anything. */
export function isGated({ tests, compatible_variables, approvals }: LabelProtection): boolean {
  return tests || compatible_variables || approvals > 0;
}

/** A split of two versions or more. */
export function isSplit(split: readonly SplitArm[] | null): boolean {
  return new Set(split?.map(({ version }) => version)).size > 1;
}
