import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { ApiKey } from "./issue-key.ts";
import { type KeyBudgetDeps, withBudgets } from "./key-budgets.ts";

/** A page of a tenant's live keys, newest first. Throws a 422 for a bad cursor. */
export async function listKeys(
  deps: KeyBudgetDeps & { tenants: Pick<TenantRepository, "listKeys"> },
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<ApiKey>> {
  const rows = await deps.tenants.listKeys(tenantId, limit, decodeCursor("keys", cursor));
  const page = toPage(rows, limit, ({ id }) => id, "keys");
  return { ...page, data: await withBudgets(deps, tenantId, page.data) };
}
