import { notFound } from "../../domain/errors.ts";
import { apiKeyKey, type ChangeKeyDeps, type IssuedKey, newToken } from "./issue-key.ts";
import { type KeyBudgetDeps, withBudgets } from "./key-budgets.ts";

/**
 * Gives a key a new secret. The old secret stays valid for `overlapMs` milliseconds. A second
 * rotation within that time replaces the secret of the first, and the old one stays valid as long
 * as the first rotation said, or shorter. Throws `not_found` if the tenant has no such live key.
 */
export async function rotateKey(
  deps: ChangeKeyDeps & KeyBudgetDeps,
  tenantId: string,
  keyId: string,
  overlapMs: number,
): Promise<IssuedKey> {
  const { token, digest } = await newToken(deps, keyId);
  const now = deps.now();
  const key = await deps.tenants.rotateKey(tenantId, keyId, { digest, previousExpiresAt: now + overlapMs, now });
  if (!key) throw notFound("key");
  await deps.records.write(apiKeyKey(key.id), key);
  const [shown = key] = await withBudgets(deps, tenantId, [key]);
  return { key: shown, secret: token };
}
