import { parseToken, type Principal } from "../domain/api-key.ts";
import { AppError } from "../domain/errors.ts";
import { hmacHex, hmacMatches } from "../lib/hash.ts";
import type { RecordCache, Staleness } from "../cache/records.ts";
import type { ApiKeyRow, TenantRepository } from "../storage/tenants.ts";
import type { Clock } from "./clock.ts";

/** Turns a bearer key into who is calling. Keys are read through the cache tiers, as digests. */
export interface Authenticate {
  /** The principal of a tenant's key; 401 where it is malformed (no lookup made), unknown, revoked or expired. */
  principal(token: string | null): Promise<Principal>;
  /** Whether a token is the deployment's root key. */
  isRoot(token: string | null): Promise<boolean>;
}

/** What {@link createAuthenticate} needs. */
export interface AuthenticateDeps extends Clock {
  tenants: Pick<TenantRepository, "findKey">;
  records: Pick<RecordCache, "read">;
  /** How old a copy of a key may be: the delay of a revocation elsewhere. */
  staleness: Staleness;
  pepper: string;
  rootKey: string;
}

/** The record of an API key. */
export function apiKeyKey(keyId: string): string {
  return `key/${keyId}`;
}

/** The service. Secrets are compared as HMACs under the pepper, by WebCrypto, in constant time. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return {
    async principal(token) {
      if (!token)
        throw new AppError("authentication_error", "Send an API key as `Authorization: Bearer …` or `x-api-key`.");
      const parsed = parseToken(token);
      if (!parsed)
        throw new AppError("authentication_error", "The API key is malformed: its form or checksum is wrong.");
      const { value: row } = await deps.records.read<ApiKeyRow>(apiKeyKey(parsed.key_id), {
        staleness: deps.staleness,
        load: async () => deps.tenants.findKey(parsed.key_id),
      });
      const now = deps.now();
      const digests = row ? liveDigests(row, now) : [];
      const matches = await Promise.all(digests.map((digest) => hmacMatches(deps.pepper, parsed.secret, digest)));
      if (!row || !matches.includes(true) || row.revoked_at !== null) {
        throw new AppError("authentication_error", "The API key is unknown or revoked.");
      }
      if (row.expires_at !== null && row.expires_at <= now) {
        throw new AppError("authentication_error", "The API key has expired.");
      }
      return { tenant_id: row.tenant_id, key_id: row.id, scopes: row.scopes };
    },
    async isRoot(token) {
      if (!token) return false;
      return hmacMatches(deps.pepper, token, await hmacHex(deps.pepper, deps.rootKey));
    },
  };
}

function liveDigests(
  row: { digest: string; previous_digest: string | null; previous_expires_at: number | null },
  now: number,
): string[] {
  const overlapping = row.previous_digest !== null && (row.previous_expires_at ?? 0) > now;
  return overlapping && row.previous_digest !== null ? [row.digest, row.previous_digest] : [row.digest];
}
