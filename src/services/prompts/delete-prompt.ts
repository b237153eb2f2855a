import { notFound } from "../../domain/errors.ts";
import { type ChangePromptDeps, pointerKey } from "./prompt-records.ts";

/**
 * Deletes a prompt with its versions and labels. Throws `not_found` if the tenant has no such
 * prompt.
 */
export async function deletePrompt(deps: ChangePromptDeps, tenantId: string, name: string): Promise<void> {
  if (!(await deps.prompts.delete(tenantId, name, deps.now()))) throw notFound("prompt");
  await deps.records.write(pointerKey(tenantId, name), null);
}
