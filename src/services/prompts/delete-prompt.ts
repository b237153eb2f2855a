import { AppError, notFound } from "../../domain/errors.ts";
import { type ChangePromptDeps, pointerKey } from "./prompt-records.ts";

/**
 * Deletes a prompt with its versions and labels, for the key that asks. Throws `not_found` if the
 * tenant has no such prompt, and `conflict` where a label of it has to pass checks.
 */
export async function deletePrompt(
  deps: ChangePromptDeps,
  tenantId: string,
  name: string,
  keyId: string,
): Promise<void> {
  if (!(await deps.prompts.delete(tenantId, name, deps.now(), keyId))) {
    if (!(await deps.prompts.pointer(tenantId, name))) throw notFound("prompt");
    throw new AppError("conflict", "A label of the prompt is protected: take the protection away first.");
  }
  await deps.records.write(pointerKey(tenantId, name), null);
}
