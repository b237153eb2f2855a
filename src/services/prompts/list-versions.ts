import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { PromptRepository, VersionSummary } from "../../storage/prompts/prompts.ts";
import { resolvePrompt, type ResolvePromptDeps } from "./resolve-prompt.ts";

/** {@link listVersions} with its dependencies filled in. */
export type ListedVersions = (
  tenantId: string,
  query: { name: string; limit: number; cursor?: string },
) => Promise<Page<VersionSummary>>;

/**
 * A page of a prompt's versions, newest first. Throws `not_found` if the tenant has no such prompt,
 * and a 422 for a bad cursor.
 */
export async function listVersions(
  deps: ResolvePromptDeps & { prompts: Pick<PromptRepository, "listVersions"> },
  tenantId: string,
  { name, limit, cursor }: { name: string; limit: number; cursor?: string },
): Promise<Page<VersionSummary>> {
  await resolvePrompt(deps, tenantId, { name, label: LATEST_LABEL }, 0, true);
  const before = decodeCursor("versions", cursor);
  const rows = await deps.prompts.listVersions(
    tenantId,
    name,
    limit,
    before === undefined ? undefined : Number(before),
  );
  return toPage(rows, limit, ({ version }) => String(version), "versions");
}
