import { decodeCursor, type Page } from "../../domain/page.ts";
import type { PromptQuery, PromptSummary } from "../../storage/prompts/prompt-list.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";

/**
 * A page of a tenant's prompts by name, optionally only those with a tag, or whose names begin with
 * `prefix`. Throws a 422 for a bad cursor.
 */
export async function listPrompts(
  { prompts }: { prompts: Pick<PromptRepository, "list"> },
  tenantId: string,
  { cursor, ...query }: Omit<PromptQuery, "after"> & { cursor?: string },
): Promise<Page<PromptSummary>> {
  return prompts.list(tenantId, { ...query, after: decodeCursor("prompts", cursor) });
}
