import { newId } from "../../domain/id.ts";
import { SCOPES } from "../../domain/tenants/api-key.ts";
import type { TenantRow } from "../../storage/tenants/tenants.ts";
import { apiKeyKey, type ChangeKeyDeps, type IssuedKey, issueKey } from "./issue-key.ts";
import type { Vault } from "./vault.ts";

/** Creates a tenant with its data key and its first API key, which has every scope. */
export async function createTenant(
  deps: ChangeKeyDeps & { vault: Pick<Vault, "newDataKey"> },
  name: string,
): Promise<{ tenant: TenantRow } & IssuedKey> {
  const now = deps.now();
  const id = newId("ten", now);
  const tenant = { id, name, wrapped_data_key: await deps.vault.newDataKey(id), created_at: now, epoch: 0 };
  const first = await issueKey(deps, id, { name: "first", scopes: [...SCOPES] });
  await deps.tenants.create(tenant, first.key);
  await deps.records.write(apiKeyKey(first.key.id), first.key);
  return { tenant, ...first };
}
