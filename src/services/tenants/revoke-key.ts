import { AppError, notFound } from "../../domain/errors.ts";
import { apiKeyKey, type ChangeKeyDeps } from "./issue-key.ts";

/**
 * Revokes a key: at once in this data centre, elsewhere within the bound on staleness. Throws
 * `not_found` if the tenant has no such live key, and `conflict` for its last `admin` key, those
 * not counted that end sooner and within a week.
 */
export async function revokeKey(deps: ChangeKeyDeps, tenantId: string, keyId: string): Promise<void> {
  if (!(await deps.tenants.revokeKey(tenantId, keyId, deps.now()))) {
    const key = await deps.tenants.findKey(keyId);
    if (key?.tenant_id !== tenantId || key.revoked_at !== null) throw notFound("key");
    const detail =
      "No other key of the tenant with the scope `admin` lasts as long as this one. Create another one first.";
    throw new AppError("conflict", detail);
  }
  await deps.records.write(apiKeyKey(keyId), null);
}
