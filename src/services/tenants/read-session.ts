import { AppError } from "../../domain/errors.ts";
import type { KeyScope, Principal } from "../../domain/tenants/api-key.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";

/** Who is signed in, and until when, in Unix ms; null where nothing ends it. */
export interface SignedIn {
  tenant: { id: string; name: string };
  key: { id: string; name: string; scopes: readonly KeyScope[] };
  expires_at: number | null;
}

/**
 * Names the tenant and the key of a principal. It is signed in until `endsAt` or until its key
 * expires. Throws a 401 where the key was removed in this moment.
 */
export async function readSession(
  { tenants }: { tenants: Pick<TenantRepository, "find" | "findKey"> },
  { tenant_id, key_id, scopes }: Principal,
  endsAt: number | null,
): Promise<SignedIn> {
  const [tenant, key] = await Promise.all([tenants.find(tenant_id), tenants.findKey(key_id)]);
  if (!tenant || !key) throw new AppError("authentication_error", "The API key is unknown or revoked.");
  const ends = Math.min(endsAt ?? Infinity, key.expires_at ?? Infinity);
  return {
    tenant: { id: tenant.id, name: tenant.name },
    key: { id: key.id, name: key.name, scopes },
    expires_at: Number.isFinite(ends) ? ends : null,
  };
}
