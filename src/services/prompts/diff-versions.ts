import { diffPrompts, type PromptDiff } from "../../domain/prompts/diff-prompts.ts";
import { resolvePrompt, type ResolvePromptDeps } from "./resolve-prompt.ts";

/** Two versions of a prompt, each by its number or by a label. */
export interface ComparedVersions {
  name: string;
  from: number | string;
  to: number | string;
}

/**
 * What differs between two versions. Of a label that splits its traffic, the first version counts.
 * Throws `not_found` for a prompt, version or label that the tenant does not have.
 */
export async function diffVersions(
  deps: ResolvePromptDeps,
  tenantId: string,
  { name, from, to }: ComparedVersions,
): Promise<PromptDiff> {
  const read = async (side: number | string) => {
    const wanted = typeof side === "number" ? { version: side } : { label: side };
    return (await resolvePrompt(deps, tenantId, { name, ...wanted }, 0, true)).row.definition;
  };
  const [before, after] = await Promise.all([read(from), read(to)]);
  return diffPrompts(before, after);
}
