import { invalid, notFound } from "../../domain/errors.ts";
import { LATEST_LABEL, type SplitArm } from "../../domain/prompts/label.ts";
import { type ChangePromptDeps, refreshPointer } from "./prompt-records.ts";

/** A label of a prompt, and the version or versions that it is to point at. */
export interface LabelSetting {
  name: string;
  label: string;
  split: SplitArm[];
}

/**
 * Points a label at one version, or splits it among several. Throws `not_found` for a prompt that
 * does not exist, and `validation_error` for versions that do not exist and for the label `latest`.
 */
export async function setLabel(
  deps: ChangePromptDeps,
  tenantId: string,
  { name, label, split }: LabelSetting,
): Promise<void> {
  if (label === LATEST_LABEL) {
    throw invalid([{ path: "label", message: "`latest` follows the newest version by itself and cannot be set" }]);
  }
  if (!(await deps.prompts.pointer(tenantId, name))) throw notFound("prompt");
  const known = await Promise.all(split.map((arm) => deps.prompts.version(tenantId, name, arm.version)));
  const single = split.length === 1;
  const faults = split.flatMap((arm, index) =>
    known[index]
      ? []
      : [{ path: single ? "version" : `split.${index}.version`, message: `version ${arm.version} does not exist` }],
  );
  if (faults.length > 0) throw invalid(faults);
  await deps.prompts.setLabel(tenantId, name, label, split, deps.now());
  await refreshPointer(deps, tenantId, name);
}
