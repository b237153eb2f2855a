import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { LabelSplit } from "../../storage/prompts/prompts.ts";
import { type AnnouncedChangeDeps, type ChangePromptDeps, refreshPointer } from "./prompt-records.ts";

/** A label of a prompt, and the version or versions that it is to point at. */
export interface LabelSetting extends LabelSplit {
  name: string;
  /** That of the request, for those who are told of the change. */
  traceparent?: string;
}

/**
 * Points a label at one version, or splits it among several. Throws `not_found` for a prompt that
 * does not exist, `validation_error` for versions that do not exist and for the label `latest`, and
 * `conflict` if the versions came to exist meanwhile.
 */
export async function setLabel(
  deps: AnnouncedChangeDeps,
  tenantId: string,
  { name, label, split, traceparent }: LabelSetting,
): Promise<void> {
  if (label === LATEST_LABEL) {
    throw invalid([{ path: "label", message: "`latest` follows the newest version by itself and cannot be set" }]);
  }
  const now = deps.now();
  if (!(await deps.prompts.setLabel(tenantId, name, { label, split }, now))) {
    throw await reasonOf(deps, tenantId, { name, label, split });
  }
  await refreshPointer(deps, tenantId, name);
  const key = `label.moved/${name}/${label}/${now}/${JSON.stringify(split)}`;
  await deps.announce(tenantId, {
    type: "label.moved",
    key,
    prompt: name,
    at: now,
    data: { prompt: name, label, split },
    traceparent,
  });
}

/** Why a label could not be set. */
async function reasonOf({ prompts }: ChangePromptDeps, tenantId: string, setting: LabelSetting): Promise<AppError> {
  const { name, split } = setting;
  const existing = await prompts.existing(
    tenantId,
    name,
    split.map((arm) => arm.version),
  );
  if (!(await prompts.pointer(tenantId, name))) return notFound("prompt");
  const faults = split.flatMap(({ version }, index) => {
    const path = split.length === 1 ? "version" : `split.${index}.version`;
    return existing.has(version) ? [] : [{ path, message: `version ${version} does not exist` }];
  });
  if (faults.length > 0) return invalid(faults);
  return new AppError("conflict", "The prompt was published or deleted meanwhile. Try again.", { retryable: true });
}
