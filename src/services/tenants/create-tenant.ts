import { invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { type Jurisdiction, tenantPrefix } from "../../domain/object-names.ts";
import { SCOPES } from "../../domain/tenants/api-key.ts";
import type { TenantRow } from "../../storage/tenants/tenants.ts";
import { apiKeyKey, type ChangeKeyDeps, type IssuedKey, issueKey } from "./issue-key.ts";
import type { Vault } from "./vault.ts";

/** What {@link createTenant} needs. */
export interface CreateTenantDeps extends ChangeKeyDeps {
  vault: Pick<Vault, "newDataKey">;
  /** Whether the platform has objects in a jurisdiction. */
  hasJurisdiction(jurisdiction: Jurisdiction): boolean;
}

/**
 * Creates a tenant with its data key and its first API key, which has every scope. With a
 * jurisdiction, its Durable Objects stay there; throws AppError `validation_error` where the platform
 * has none.
 */
export async function createTenant(
  deps: CreateTenantDeps,
  name: string,
  jurisdiction?: Jurisdiction,
): Promise<{ tenant: TenantRow } & IssuedKey> {
  const now = deps.now();
  if (jurisdiction !== undefined && !deps.hasJurisdiction(jurisdiction)) {
    throw invalid([{ path: "jurisdiction", message: "the platform of this deployment has no jurisdictions" }]);
  }
  const id = newId(tenantPrefix(jurisdiction), now);
  const tenant = { id, name, wrapped_data_key: await deps.vault.newDataKey(id), created_at: now, epoch: 0 };
  const first = await issueKey(deps, id, { name: "first", scopes: [...SCOPES] });
  await deps.tenants.create(tenant, first.key);
  await deps.records.write(apiKeyKey(first.key.id), first.key);
  return { tenant, ...first };
}
