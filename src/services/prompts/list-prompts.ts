import { decodeCursor, type Page } from "../../domain/page.ts";
import type { PromptSummary } from "../../storage/prompts/prompt-list.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";

/**
 * A page of a tenant's prompts by name, optionally only those with a tag. Throws a 422 for a bad
 * cursor.
 */
export async function listPrompts(
  { prompts }: { prompts: Pick<PromptRepository, "list"> },
  tenantId: string,
  { limit, cursor, tag }: { limit: number; cursor?: string; tag?: string },
): Promise<Page<PromptSummary>> {
  return prompts.list(tenantId, { limit, after: decodeCursor("prompts", cursor), tag });
}
