import { invalid } from "../../domain/errors.ts";
import { decodeCursor, type Page } from "../../domain/page.ts";
import type { PromptQuery, PromptSummary } from "../../storage/prompts/prompt-list.ts";
import type { PromptRepository } from "../../storage/prompts/prompts.ts";

/** What of a tenant's prompts is asked for, page by page. */
interface PromptListQuery extends Omit<PromptQuery, "after"> {
  cursor?: string | undefined;
  /** Prompts in folders are told by the prefixes of these. */
  delimiter?: "/" | undefined;
}

/** A page of prompts; `prefixes` are its folders, where they are asked for. */
export interface PromptPage extends Page<PromptSummary> {
  prefixes?: string[];
}

/**
 * A page of a tenant's prompts by name, optionally only those with a tag or label, or whose names
 * begin with `prefix`. Throws a 422 for a bad cursor, and for folders of what is filtered otherwise.
 */
export async function listPrompts(
  { prompts }: { prompts: Pick<PromptRepository, "list" | "listFolder"> },
  tenantId: string,
  { cursor, delimiter, ...query }: PromptListQuery,
): Promise<PromptPage> {
  const after = decodeCursor("prompts", cursor);
  if (delimiter === undefined) return prompts.list(tenantId, { ...query, after });
  const filters = (["tag", "label"] as const).filter((name) => query[name] !== undefined);
  if (filters.length > 0) {
    throw invalid(filters.map((path) => ({ path, message: "cannot be given with `delimiter`" })));
  }
  return prompts.listFolder(tenantId, { ...query, after });
}
