import { md5Prefix } from "../../lib/hash.ts";

/** One arm of a label: a version and its share of the traffic, relative to the other arms. */
export interface SplitArm {
  version: number;
  weight: number;
}

/** The small, mutable record of a prompt: what each name points at. `latest` is not stored: it is `latest_version`. */
export interface PromptPointer {
  latest_version: number;
  /** Part of the key of every stored answer: moving it on purges them all. */
  cache_epoch: number;
  labels: Record<string, SplitArm[]>;
}

/** The label that is meant where a caller names none. */
export const DEFAULT_LABEL = "production";
/** The label that follows the newest version by itself. */
export const LATEST_LABEL = "latest";

/** A version chosen, and the label that led to it (null where the caller named the version). */
export interface ChosenVersion {
  version: number;
  label: string | null;
}

/**
 * The version that a reference means, or null where it means none. Without version and label: `production` where it was set, the newest otherwise.
 * `roll` in [0, 1) decides among the arms of a split; derive it from the end user to make a rollout stick to them.
 */
export function chooseVersion(
  pointer: PromptPointer,
  wanted: { version?: number; label?: string },
  roll: number,
): ChosenVersion | null {
  if (wanted.version !== undefined) return { version: wanted.version, label: null };
  const latest = { version: pointer.latest_version, label: LATEST_LABEL };
  if (wanted.label === LATEST_LABEL) return latest;
  const arms = pointer.labels[wanted.label ?? DEFAULT_LABEL];
  if (!arms) return wanted.label === undefined ? latest : null;
  const version = pickArm(arms, roll);
  return version === null ? null : { version, label: wanted.label ?? DEFAULT_LABEL };
}

/** The roll in [0, 1) that an end user always has for a prompt, so that a rollout sticks to them; another prompt's is independent of it. */
export function stickyRoll(promptName: string, user: string): number {
  return md5Prefix(`${promptName}/${user}`) / 2 ** 32;
}

function pickArm(arms: SplitArm[], roll: number): number | null {
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  let rest = roll * total;
  for (const arm of arms) {
    if (rest < arm.weight) return arm.version;
    rest -= arm.weight;
  }
  return arms.at(-1)?.version ?? null;
}
