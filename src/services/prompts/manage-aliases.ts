import { AppError, invalid, notFound } from "../../domain/errors.ts";
import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { chooseVersion } from "../../domain/prompts/label.ts";
import { checkReference, type PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AliasRepository } from "../../storage/prompts/aliases.ts";
import type { LabelRepository } from "../../storage/prompts/labels.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";
import {
  type ChangeAliasDeps,
  type PromptAlias,
  readAlias,
  type ReadAliasDeps,
  refreshAlias,
} from "./alias-records.ts";

/** An alias, and what it is to mean. */
export interface AliasSetting {
  alias: string;
  reference: PromptReference;
}

/** What setting an alias needs. */
export interface PutAliasDeps extends ChangeAliasDeps, Clock {
  prompts: Pick<PromptRepository, "pointer">;
  labels: Pick<LabelRepository, "existing">;
}

/** The most aliases of a tenant. */
export const MAX_ALIASES = 10_000;

/**
 * Sets what an alias means. `created` says whether it is new. Throws `validation_error` for a
 * prompt, version or label that the tenant does not have, and for both version and label, and
 * `conflict` for too many aliases.
 */
export async function putAlias(
  deps: PutAliasDeps,
  tenantId: string,
  { alias, reference }: AliasSetting,
): Promise<{ alias: PromptAlias; created: boolean }> {
  checkReference(reference);
  await requireTarget(deps, tenantId, reference);
  const now = deps.now();
  const { name: prompt, version = null, label = null } = reference;
  const row = { tenant_id: tenantId, alias, prompt, version, label, created_at: now, updated_at: now };
  const put = await deps.aliases.put(row, MAX_ALIASES);
  if (!put) throw new AppError("conflict", `A tenant has at most ${MAX_ALIASES} aliases.`);
  await refreshAlias(deps, tenantId, alias);
  return { alias: put.row, created: put.created };
}

/**
 * A page of a tenant's aliases, in the order of their code points. Throws a 422 for a bad cursor.
 */
export async function listAliases(
  { aliases }: { aliases: Pick<AliasRepository, "list"> },
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<PromptAlias>> {
  const rows = await aliases.list(tenantId, limit, decodeCursor("aliases", cursor));
  return toPage(rows, limit, ({ alias }) => alias, "aliases");
}

/** Throws `not_found` if the tenant has no such alias. */
export async function findAlias(deps: ReadAliasDeps, tenantId: string, alias: string): Promise<PromptAlias> {
  const found = await readAlias(deps, tenantId, alias, true);
  if (!found) throw notFound("alias");
  return found;
}

/** Throws `not_found` if the tenant has no such alias. */
export async function deleteAlias(deps: ChangeAliasDeps, tenantId: string, alias: string): Promise<void> {
  if (!(await deps.aliases.delete(tenantId, alias))) throw notFound("alias");
  await refreshAlias(deps, tenantId, alias);
}

/**
 * Throws where a reference leads nowhere. It is read from the prompt's shard, which is not the
 * alias's: a prompt that is deleted in this moment leaves an alias behind, as one that is deleted
 * later does.
 */
async function requireTarget(
  { prompts, labels }: Pick<PutAliasDeps, "prompts" | "labels">,
  tenantId: string,
  { name, version, label }: PromptReference,
): Promise<void> {
  const pointer = await prompts.pointer(tenantId, name);
  if (!pointer) throw invalid([{ path: "prompt", message: `the prompt "${name}" does not exist` }]);
  if (version !== undefined && !(await labels.existing({ tenant_id: tenantId, name }, [version])).has(version)) {
    throw invalid([{ path: "version", message: `version ${version} does not exist` }]);
  }
  if (label !== undefined && !chooseVersion(pointer, { label }, 0)) {
    throw invalid([{ path: "label", message: `the label "${label}" does not exist` }]);
  }
}
