import { apiKeyKey, type ChangeKeyDeps, type IssuedKey, issueKey, type NewKey } from "./issue-key.ts";
import type { TenantRecords } from "./tenant-records.ts";

/** Creates an API key of a tenant. Its budgets hold from its first call on. */
export async function createKey(
  deps: ChangeKeyDeps & { tenantRecords: Pick<TenantRecords, "refresh"> },
  tenantId: string,
  wanted: NewKey,
): Promise<IssuedKey> {
  const issued = await issueKey(deps, tenantId, wanted);
  await deps.tenants.insertKey(issued.key);
  const { daily_budget_usd, monthly_budget_usd } = issued.key;
  if (daily_budget_usd !== null || monthly_budget_usd !== null) await deps.tenantRecords.refresh(tenantId);
  await deps.records.write(apiKeyKey(issued.key.id), issued.key);
  return issued;
}
