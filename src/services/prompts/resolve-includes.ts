import { AppError } from "../../domain/errors.ts";
import { type IncludedPrompt, type IncludedPrompts, toIncluded } from "../../domain/prompts/included-prompt.ts";
import { parsePromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { ResolvePrompt } from "./resolve-prompt.ts";

/**
 * Finds the tenant's prompts behind the references of a template, or says why one cannot be
 * included. Reads the pointers from their shards: what is pinned stays. Throws where a shard does
 * not answer.
 */
export async function resolveIncludes(
  resolve: ResolvePrompt,
  tenantId: string,
  references: readonly string[],
): Promise<IncludedPrompts> {
  return new Map(
    await Promise.all(
      references.map(async (reference) => [reference, await resolveInclude(resolve, tenantId, reference)] as const),
    ),
  );
}

async function resolveInclude(
  resolve: ResolvePrompt,
  tenantId: string,
  reference: string,
): Promise<IncludedPrompt | string> {
  const wanted = parsePromptReference(reference);
  if (!wanted) return 'that is not the form of "name", "name@label" or "name#version"';
  try {
    const { row, label, pointer } = await resolve(tenantId, wanted, 0, true);
    const arms = label === null ? undefined : pointer.labels[label];
    if (arms && arms.length > 1) return `the label "${label}" splits its traffic; name one version`;
    return toIncluded(row);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return error.detail;
    throw error;
  }
}
