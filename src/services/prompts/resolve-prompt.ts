import type { Found, RecordCache, Staleness } from "../../cache/records.ts";
import { IMMUTABLE } from "../../cache/records.ts";
import { invalid, notFound } from "../../domain/errors.ts";
import { type ChosenVersion, chooseVersion, LATEST_LABEL, type PromptPointer } from "../../domain/prompts/label.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { PromptRepository, VersionRow } from "../../storage/prompts/prompts.ts";

/** A prompt found: the immutable version, and how it was chosen. */
export interface ResolvedPrompt {
  row: VersionRow;
  label: string | null;
  pointer: PromptPointer;
  /** How long ago the pointer was read from its shard, milliseconds. */
  pointer_age_ms: number;
  /** Which of `pointer` and `version` are last good copies, because their shard does not answer. */
  degraded: readonly string[];
}

/**
 * Finds the version that a reference means: the tenant's small pointer first, then the immutable body, each through the cache tiers. `roll` in [0, 1) decides a
 * split; `revalidate` reads the pointer from its shard, whatever copies there are. Throws `not_found` for a prompt, version or label that the tenant does not have,
 * `validation_error` where both version and label are given.
 */
export type ResolvePrompt = (
  tenantId: string,
  reference: PromptReference,
  roll: number,
  revalidate?: boolean,
) => Promise<ResolvedPrompt>;

/** What {@link createResolvePrompt} needs; `staleness` is the pointer's. */
export interface ResolvePromptDeps {
  prompts: Pick<PromptRepository, "pointer" | "version">;
  records: Pick<RecordCache, "read">;
  staleness: Staleness;
}

/** The record of a prompt's pointer. */
export function pointerKey(tenantId: string, name: string): string {
  return `pointer/${tenantId}/${name}`;
}

/** The service over the repository and the cache of its records. */
export function createResolvePrompt({ prompts, records, staleness }: ResolvePromptDeps): ResolvePrompt {
  return async function resolvePrompt(tenantId, reference, roll, revalidate = false) {
    const { name, version, label } = reference;
    if (version !== undefined && label !== undefined) {
      throw invalid([{ path: "label", message: "give either `version` or `label`, not both" }]);
    }
    const readPointer = async (anew: boolean): Promise<Found<PromptPointer>> =>
      records.read(pointerKey(tenantId, name), {
        staleness,
        revalidate: anew,
        load: async () => prompts.pointer(tenantId, name),
      });
    let pointer = await readPointer(revalidate);
    // What a copy does not know of yet, a version or a label, may have been published since.
    if (pointer.value && pointer.tier !== "source" && !knows(pointer.value, reference))
      pointer = await readPointer(true);
    if (!pointer.value) throw notFound("prompt");
    const chosen: ChosenVersion | null = chooseVersion(pointer.value, reference, roll);
    const body =
      chosen &&
      (await records.read<VersionRow>(`version/${tenantId}/${name}/${chosen.version}`, {
        staleness: IMMUTABLE,
        load: async () => prompts.version(tenantId, name, chosen.version),
      }));
    if (!chosen || !body?.value) throw notFound(label === undefined ? "prompt version" : "prompt label");
    return {
      row: body.value,
      label: chosen.label,
      pointer: pointer.value,
      pointer_age_ms: pointer.age_ms,
      degraded: pointer.degraded ? ["pointer"] : [],
    };
  };
}

function knows({ latest_version, labels }: PromptPointer, { version, label }: PromptReference): boolean {
  if (version !== undefined) return version <= latest_version;
  return label === undefined || label === LATEST_LABEL || Object.hasOwn(labels, label);
}
