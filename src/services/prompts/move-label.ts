import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { isSameSplit, type LabelKey } from "../../domain/prompts/label-move.ts";
import { LATEST_LABEL, type SplitArm } from "../../domain/prompts/label.ts";
import type { LabelRow } from "../../storage/prompts/label-store.ts";
import { type LabelDeps, type Mover, newMove } from "./label-records.ts";
import type { ExpectedVersion } from "./publish-prompt.ts";

/** A label of a prompt or chain, and the version or versions that it is to point at. */
export interface LabelSetting extends LabelKey, Mover {
  split: SplitArm[];
  /** The version that the label must mean now; anything where absent. */
  expected?: ExpectedVersion;
}

/**
 * Points a label at one version, or splits it among several; one that does so already stays as it
 * is. Throws `not_found` for a prompt or chain that does not exist, `validation_error` for versions that do
 * not exist and for the label `latest`, `precondition_failed` where the label does not mean what it
 * is expected to, and `conflict` if it has to pass checks or was changed meanwhile.
 */
export async function setLabel(deps: LabelDeps, setting: LabelSetting): Promise<void> {
  const { split, expected } = setting;
  const from = await readExpected(deps, setting, expected);
  const move = newMove(deps.now(), "set", split, setting);
  const made = await deps.labels.move(keyOf(setting), move, { from, gated: false });
  if (made) return deps.follow(made);
  const now = await deps.labels.find(setting);
  if (!now || !isSameSplit(now.split, split)) throw await whyNotMoved(deps, setting, split);
}

/**
 * Deletes a label. Throws `not_found` where it is not set, and `conflict` where it has to pass
 * checks or was moved meanwhile.
 */
export async function deleteLabel(
  deps: LabelDeps,
  request: LabelKey & Mover & { expected?: ExpectedVersion },
): Promise<void> {
  await readExpected(deps, request, request.expected);
  const { split } = await requireLabel(deps, request);
  const move = newMove(deps.now(), "deletion", null, request);
  const made = await deps.labels.move(keyOf(request), move, { from: split, gated: false });
  if (!made) throw protectedOrMoved(deps, "cannot be deleted");
  await deps.follow(made);
}

/**
 * What a label means now, where something is expected of it. Throws `validation_error` for the
 * label `latest`, and `precondition_failed` where it means something else.
 */
export async function readExpected(
  deps: Pick<LabelDeps, "labels">,
  key: LabelKey,
  expected: ExpectedVersion | undefined,
): Promise<SplitArm[] | undefined> {
  const { label } = key;
  if (label === LATEST_LABEL) {
    throw invalid([{ path: "label", message: "`latest` follows the newest version by itself and cannot be set" }]);
  }
  if (expected === undefined) return undefined;
  const split = (await deps.labels.find(key))?.split;
  const [arm, ...others] = split ?? [];
  if (split && arm && (expected === "any" || (others.length === 0 && expected.includes(arm.version)))) return split;
  const meaning = split ? `is ${split.map(({ version }) => version).join(" and ")}` : "is not set";
  throw new AppError("precondition_failed", `The label "${label}" ${meaning}. It was not moved.`);
}

/** What a label means. Throws `not_found` where it is not set. */
export async function requireLabel({ labels }: Pick<LabelDeps, "labels">, key: LabelKey): Promise<LabelRow> {
  const found = await labels.find(key);
  if (!found) throw notFound(`${labels.tables.noun} label`);
  return found;
}

/** Why a label could not be pointed at these versions. */
export async function whyNotMoved(
  deps: Pick<LabelDeps, "labels">,
  key: LabelKey,
  split: readonly SplitArm[],
): Promise<AppError> {
  const versions = split.map((arm) => arm.version);
  const existing = await deps.labels.existing(key, versions);
  if (!(await deps.labels.hasOwner(key))) return notFound(deps.labels.tables.noun);
  const faults = versions.flatMap((version, index) => {
    const path = split.length === 1 ? "version" : `split.${index}.version`;
    return existing.has(version) ? [] : [{ path, message: `version ${version} does not exist` }];
  });
  return faults.length > 0 ? invalid(faults) : protectedOrMoved(deps, "was not moved");
}

/** A 409 for a label that changed between two statements, or has to pass checks. */
export function protectedOrMoved({ labels }: Pick<LabelDeps, "labels">, what: string): AppError {
  const { noun } = labels.tables;
  const why = noun === "prompt" ? "it is protected, or the prompt" : `the ${noun}`;
  const detail = `The label ${what}: ${why} was changed meanwhile.`;
  return new AppError("conflict", detail, { retryable: true });
}

/** The key of a label alone, without what else is asked of it. */
export function keyOf({ tenant_id, name, label }: LabelKey): LabelKey {
  return { tenant_id, name, label };
}
