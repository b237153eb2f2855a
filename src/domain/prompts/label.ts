import { md5Prefix } from "../../lib/hash.ts";

/** One arm of a label: a version and its weight relative to the other arms. */
export interface SplitArm {
  version: number;
  weight: number;
}

/**
 * The small mutable record of a prompt: the versions behind its labels. The label `latest` is
 * `latest_version`.
 */
export interface PromptPointer {
  latest_version: number;
  /**
   * The lowest version that was not deleted. Copies of the bodies below it outlive their deletion
   * in caches and must not be served. Absent in copies that an older Worker stored.
   */
  first_version?: number;
  /** Part of the cache key of every stored answer: raising it purges them all. */
  cache_epoch: number;
  labels: Record<string, SplitArm[]>;
}

/** The label of a caller that names none. */
export const DEFAULT_LABEL = "production";
/** The label that always points at the newest version. */
export const LATEST_LABEL = "latest";

/** A chosen version, and the label that led to it (null if the caller named the version). */
export interface ChosenVersion {
  version: number;
  label: string | null;
}

/**
 * The version behind a reference, or null if there is none or it was deleted. A reference without
 * version and label means `production` if that label is set, and the newest version otherwise.
 * `roll` in [0, 1) decides between the arms of a split; derive it from the end user to make a
 * rollout stick to them.
 */
export function chooseVersion(
  pointer: PromptPointer,
  wanted: { version?: number; label?: string },
  roll: number,
): ChosenVersion | null {
  const isLive = (version: number) => version >= (pointer.first_version ?? 1);
  if (wanted.version !== undefined) return isLive(wanted.version) ? { version: wanted.version, label: null } : null;
  const latest = { version: pointer.latest_version, label: LATEST_LABEL };
  if (wanted.label === LATEST_LABEL) return latest;
  const label = wanted.label ?? DEFAULT_LABEL;
  const version = pickArm(
    armsOf(pointer, label).filter((arm) => isLive(arm.version)),
    roll,
  );
  if (version !== null) return { version, label };
  return wanted.label === undefined ? latest : null;
}

/**
 * The constant roll in [0, 1) of an end user for a prompt. Rolls for different prompts are
 * independent.
 */
export function stickyRoll(promptName: string, user: string): number {
  return md5Prefix(`${promptName}/${user}`) / 2 ** 32;
}

/** A label may have the name of something that every object has, such as `constructor`. */
function armsOf({ labels }: PromptPointer, label: string): SplitArm[] {
  return Object.hasOwn(labels, label) ? (labels[label] ?? []) : [];
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
