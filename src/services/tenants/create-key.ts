import { apiKeyKey, type ChangeKeyDeps, type IssuedKey, issueKey, type NewKey } from "./issue-key.ts";

/** Creates an API key of a tenant. */
export async function createKey(deps: ChangeKeyDeps, tenantId: string, wanted: NewKey): Promise<IssuedKey> {
  const issued = await issueKey(deps, tenantId, wanted);
  await deps.tenants.insertKey(issued.key);
  await deps.records.write(apiKeyKey(issued.key.id), issued.key);
  return issued;
}
