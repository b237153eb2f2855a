import type { BatchDeps } from "./batch-deps.ts";

/** The wrapped data key of a batch's tenant, under which the vault seals what is stored of it. */
export async function dataKey({ tenants }: Pick<BatchDeps, "tenants">, tenantId: string): Promise<string> {
  const tenant = await tenants.find(tenantId);
  if (!tenant) throw new Error("a batch without its tenant");
  return tenant.wrapped_data_key;
}
