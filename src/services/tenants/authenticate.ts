import { parseToken, type Principal } from "../../domain/tenants/api-key.ts";
import { AppError } from "../../domain/errors.ts";
import { hmacHex, hmacMatches } from "../../lib/hash.ts";
import type { RecordCache, Staleness } from "../../cache/records.ts";
import type { ApiKeyRow, TenantRepository } from "../../storage/tenants/tenants.ts";
import type { Clock } from "../../lib/clock.ts";

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

/** Wrong secrets make the source be read once a second at the most. */
const LEAST_COPY_AGE_MS = 1_000;

/** The service. Secrets are compared as HMACs under the pepper, by WebCrypto, in constant time. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const readKey = async (keyId: string, revalidate: boolean) =>
    deps.records.read<ApiKeyRow>(apiKeyKey(keyId), {
      staleness: deps.staleness,
      revalidate,
      load: async () => deps.tenants.findKey(keyId),
    });
  const matches = async (row: ApiKeyRow, secret: string, now: number) => {
    const compared = await Promise.all(liveDigests(row, now).map((digest) => hmacMatches(deps.pepper, secret, digest)));
    return compared.includes(true);
  };
  return {
    async principal(token) {
      if (!token)
        throw new AppError("authentication_error", "Send an API key as `Authorization: Bearer …` or `x-api-key`.");
      const parsed = parseToken(token);
      if (!parsed)
        throw new AppError("authentication_error", "The API key is malformed: its form or checksum is wrong.");
      const now = deps.now();
      let found = await readKey(parsed.key_id, false);
      let good = found.value !== null && (await matches(found.value, parsed.secret, now));
      // A secret that a copy does not know may be newer than the copy.
      if (found.value && !good && found.age_ms > LEAST_COPY_AGE_MS) {
        found = await readKey(parsed.key_id, true);
        good = found.value !== null && (await matches(found.value, parsed.secret, now));
      }
      const row = found.value;
      if (!row || !good || row.revoked_at !== null) {
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
