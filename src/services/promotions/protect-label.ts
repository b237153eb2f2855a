import { invalid, notFound } from "../../domain/errors.ts";
import type { LabelProtection } from "../../domain/promotions/protection.ts";
import type { LabelKey } from "../../domain/prompts/label-move.ts";
import { LATEST_LABEL } from "../../domain/prompts/label.ts";
import type { PromotionDeps } from "./promotion-deps.ts";

/**
 * Sets what a label has to pass before it moves; it need not be set yet. Promotions that are
 * pending under other rules are cancelled. Throws `not_found` for a prompt that the tenant does not
 * have, and `validation_error` for the label `latest`.
 */
export async function protectLabel(
  deps: Pick<PromotionDeps, "protections" | "prompts" | "now">,
  key: LabelKey,
  protection: LabelProtection,
  keyId: string,
): Promise<void> {
  if (key.label === LATEST_LABEL) {
    throw invalid([{ path: "label", message: "`latest` follows the newest version and cannot be protected" }]);
  }
  if (!(await deps.prompts.pointer(key.tenant_id, key.name))) throw notFound("prompt");
  await deps.protections.put(key, protection, keyId, deps.now());
}

/** What a label has to pass, be it nothing. Throws `not_found` for a prompt that does not exist. */
export async function readProtection(
  deps: Pick<PromotionDeps, "protections" | "prompts">,
  key: LabelKey,
): Promise<LabelProtection> {
  if (!(await deps.prompts.pointer(key.tenant_id, key.name))) throw notFound("prompt");
  return deps.protections.find(key);
}
