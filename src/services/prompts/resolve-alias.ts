import { ALIAS_PATTERN } from "../../domain/name.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import { readAlias, type ReadAliasDeps } from "./alias-records.ts";

/**
 * What an alias of the tenant means; undefined for a text that is none. The prompt may have been
 * deleted since: resolving the reference then throws `not_found`. `revalidate` reads the alias from
 * its shard and ignores copies.
 */
export async function resolveAlias(
  deps: ReadAliasDeps,
  tenantId: string,
  alias: string,
  revalidate = false,
): Promise<PromptReference | undefined> {
  if (!ALIAS_PATTERN.test(alias)) return undefined;
  const found = await readAlias(deps, tenantId, alias, revalidate);
  if (!found) return undefined;
  const { prompt: name, version, label } = found;
  return { name, ...(version !== null && { version }), ...(label !== null && { label }) };
}
