import { type FieldError, invalid } from "../../domain/errors.ts";
import type { Principal } from "../../domain/tenants/api-key.ts";
import { type ApiKey, apiKeyKey, type ChangeKeyDeps, type IssuedKey, issueKey, type NewKey } from "./issue-key.ts";
import { type KeyBudgetDeps, withBudgets } from "./key-budgets.ts";
import type { FoundKey } from "../../storage/tenants/tenants.ts";
import type { TenantRecords } from "./tenant-records.ts";

/**
 * Creates an API key of the caller's tenant. Its budgets hold from its first call on. It ends no
 * later than the caller's key and has budgets no larger: where a bound is not given, the caller's
 * holds. Throws `validation_error` for a bound beyond the caller's.
 */
export async function createKey(
  deps: ChangeKeyDeps & KeyBudgetDeps & { tenantRecords: Pick<TenantRecords, "refresh"> },
  { tenant_id, key_id }: Pick<Principal, "tenant_id" | "key_id">,
  wanted: NewKey,
): Promise<IssuedKey> {
  const key = await deps.tenants.findKey(key_id);
  const [creator] = key ? await withBudgets(deps, tenant_id, [key]) : [];
  const issued = await issueKey(deps, tenant_id, creator ? boundedBy(creator, wanted) : wanted);
  await deps.tenants.insertKey(issued.key);
  const { daily_budget_usd, monthly_budget_usd } = issued.key;
  const hasBudget = daily_budget_usd !== null || monthly_budget_usd !== null;
  // The copy names the epoch, or isolates of this place would not know of the budget at once.
  const tenant_epoch = hasBudget ? await deps.tenantRecords.refresh(tenant_id) : undefined;
  await deps.records.write(apiKeyKey(issued.key.id), { ...issued.key, tenant_epoch } satisfies FoundKey);
  return issued;
}

/** What was asked for, with the bounds of the key that asks. */
function boundedBy(creator: ApiKey, wanted: NewKey): NewKey {
  const bounded = { ...wanted };
  const faults: FieldError[] = [];
  for (const bound of ["expires_at", "daily_budget_usd", "monthly_budget_usd"] as const) {
    const most = creator[bound];
    if (most === null) continue;
    bounded[bound] ??= most;
    if (bounded[bound] <= most) continue;
    const shown = bound === "expires_at" ? new Date(most).toISOString() : most;
    faults.push({ path: bound, message: `is beyond that of the key that creates it, ${shown}` });
  }
  if (faults.length > 0) throw invalid(faults);
  return bounded;
}
