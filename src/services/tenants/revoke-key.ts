import { notFound } from "../../domain/errors.ts";
import { apiKeyKey, type ChangeKeyDeps } from "./issue-key.ts";

/**
 * Revokes a key: at once in this data centre, elsewhere within the bound on staleness. Throws
 * `not_found` if the tenant has no such live key.
 */
export async function revokeKey(deps: ChangeKeyDeps, tenantId: string, keyId: string): Promise<void> {
  if (!(await deps.tenants.revokeKey(tenantId, keyId, deps.now()))) throw notFound("key");
  await deps.records.write(apiKeyKey(keyId), null);
}
