import { decodeCursor, type Page, toPage } from "../../domain/page.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { ApiKey } from "./issue-key.ts";

/** A page of a tenant's live keys, newest first. Throws a 422 for a bad cursor. */
export async function listKeys(
  { tenants }: { tenants: Pick<TenantRepository, "listKeys"> },
  tenantId: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<Page<ApiKey>> {
  const rows = await tenants.listKeys(tenantId, limit, decodeCursor("keys", cursor));
  return toPage(rows, limit, ({ id }) => id, "keys");
}
