import { invalid, notFound } from "../domain/errors.ts";
import { type ChosenVersion, chooseVersion, type PromptPointer } from "../domain/label.ts";
import type { PromptRepository, VersionRow } from "../storage/prompts.ts";

/** Which prompt a caller means: by version, by label, or by neither. */
export interface PromptReference {
  name: string;
  version?: number;
  label?: string;
}

/** A prompt found: the immutable version, and how it was chosen. */
export interface ResolvedPrompt {
  row: VersionRow;
  label: string | null;
  pointer: PromptPointer;
}

/**
 * Finds the version that a reference means: the tenant's small pointer first, then the immutable body. `roll` in [0, 1) decides a split.
 * Throws `not_found` for a prompt, version or label that the tenant does not have, `validation_error` where both version and label are given.
 */
export type ResolvePrompt = (tenantId: string, reference: PromptReference, roll: number) => Promise<ResolvedPrompt>;

/** The service over a repository. */
export function createResolvePrompt(prompts: Pick<PromptRepository, "pointer" | "version">): ResolvePrompt {
  return async function resolvePrompt(tenantId, reference, roll) {
    if (reference.version !== undefined && reference.label !== undefined) {
      throw invalid([{ path: "label", message: "give either `version` or `label`, not both" }]);
    }
    const pointer = await prompts.pointer(tenantId, reference.name);
    if (!pointer) throw notFound("prompt");
    const chosen: ChosenVersion | null = chooseVersion(pointer, reference, roll);
    const row = chosen && (await prompts.version(tenantId, reference.name, chosen.version));
    if (!chosen || !row) throw notFound(reference.label === undefined ? "prompt version" : "prompt label");
    return { row, label: chosen.label, pointer };
  };
}
