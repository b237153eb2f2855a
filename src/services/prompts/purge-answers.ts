import { notFound } from "../../domain/errors.ts";
import { type ChangePromptDeps, refreshPointer } from "./prompt-records.ts";

/**
 * Purges a prompt's stored answers: no execution finds them again. Throws `not_found` if the tenant
 * has no such prompt.
 */
export async function purgeAnswers(deps: Omit<ChangePromptDeps, "now">, tenantId: string, name: string): Promise<void> {
  if (!(await deps.prompts.purge(tenantId, name))) throw notFound("prompt");
  await refreshPointer(deps, tenantId, name);
}
