import { type Found, IMMUTABLE, type RecordCache, type Staleness } from "../../cache/records.ts";
import { notFound } from "../../domain/errors.ts";
import { chooseVersion, LATEST_LABEL, type PromptPointer } from "../../domain/prompts/label.ts";
import { checkReference, type PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { PromptRepository, VersionRow } from "../../storage/prompts/prompts.ts";
import { isBoundToWrites } from "../../storage/read-scope.ts";
import { pointerKey } from "./prompt-records.ts";

/** An immutable version of a prompt. */
export type PromptVersion = VersionRow;

/**
 * A resolved prompt: the version, and the label that led to it (null if the caller named the
 * version).
 */
export interface ResolvedPrompt {
  row: PromptVersion;
  label: string | null;
  pointer: PromptPointer;
  /** How long ago the pointer was read from its shard, milliseconds. */
  pointer_age_ms: number;
  /**
   * The records that are last good copies because their shard does not answer: `pointer`,
   * `version`.
   */
  degraded: readonly string[];
}

/** The dependencies of {@link resolvePrompt}. `staleness` applies to the pointer. */
export interface ResolvePromptDeps {
  prompts: Pick<PromptRepository, "pointer" | "version">;
  records: Pick<RecordCache, "read">;
  staleness: Staleness;
}

/** {@link resolvePrompt} with its dependencies filled in. */
export type ResolvePrompt = (
  tenantId: string,
  reference: PromptReference,
  roll: number,
  revalidate?: boolean,
) => Promise<ResolvedPrompt>;

/**
 * Finds the version behind a reference: first the tenant's small pointer, then the immutable body,
 * each through the cache tiers. The pointer decides which versions exist, because copies of bodies
 * outlive a deletion. `roll` in [0, 1) decides a split. `revalidate` reads the pointer
 * from its shard and ignores copies. Throws `not_found` for a prompt, version or label that the
 * tenant does not have, and `validation_error` for a reference with both version and label.
 */
export async function resolvePrompt(
  deps: ResolvePromptDeps,
  tenantId: string,
  reference: PromptReference,
  roll: number,
  revalidate = false,
): Promise<ResolvedPrompt> {
  const { name, label } = reference;
  checkReference(reference);
  let pointer = await readPointer(deps, tenantId, name, revalidate);
  // A version or label that a copy lacks may have been published since.
  if (pointer.value && pointer.tier !== "source" && !knows(pointer.value, reference)) {
    pointer = await readPointer(deps, tenantId, name, true);
  }
  if (!pointer.value) throw notFound("prompt");
  const chosen = chooseVersion(pointer.value, reference, roll);
  const row = chosen && (await readVersion(deps, tenantId, name, chosen.version));
  if (!chosen || !row) throw notFound(label === undefined ? "prompt version" : "prompt label");
  return {
    row,
    label: chosen.label,
    pointer: pointer.value,
    pointer_age_ms: pointer.age_ms,
    degraded: pointer.degraded ? ["pointer"] : [],
  };
}

/** Whether a tenant has a prompt of this name, as far as the copies of its pointer know. */
export async function hasPrompt(deps: ResolvePromptDeps, tenantId: string, name: string): Promise<boolean> {
  return Boolean((await readPointer(deps, tenantId, name, false)).value);
}

async function readPointer(
  { prompts, records, staleness }: ResolvePromptDeps,
  tenantId: string,
  name: string,
  revalidate: boolean,
): Promise<Found<PromptPointer>> {
  return records.read(pointerKey(tenantId, name), {
    staleness,
    revalidate: revalidate || isBoundToWrites(),
    mayLag: true,
    load: async () => prompts.pointer(tenantId, name),
  });
}

async function readVersion(
  { prompts, records }: ResolvePromptDeps,
  tenantId: string,
  name: string,
  version: number,
): Promise<PromptVersion | null> {
  const found = await records.read(`version/${tenantId}/${name}/${version}`, {
    staleness: IMMUTABLE,
    mayLag: true,
    load: async () => prompts.version(tenantId, name, version),
  });
  return found.value;
}

function knows({ latest_version, labels }: PromptPointer, { version, label }: PromptReference): boolean {
  if (version !== undefined) return version <= latest_version;
  return label === undefined || label === LATEST_LABEL || Object.hasOwn(labels, label);
}
