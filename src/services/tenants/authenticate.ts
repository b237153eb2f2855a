import { parseToken, type Principal } from "../../domain/tenants/api-key.ts";
import { AppError } from "../../domain/errors.ts";
import { hmacHex, hmacMatches } from "../../lib/hash.ts";
import type { RecordCache, Staleness } from "../../cache/records.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { Clock } from "../../lib/clock.ts";
import { type ApiKey, apiKeyKey } from "./issue-key.ts";

/**
 * Identifies callers by their bearer tokens. Reads keys, which hold only digests, through the cache
 * tiers.
 */
export interface Authenticate {
  /**
   * The principal of a tenant's key. Throws a 401 for a key that is malformed (without a look-up),
   * unknown, revoked or expired.
   */
  principal(token: string | null): Promise<Principal>;
  /** Whether the token is the deployment's root key. */
  isRoot(token: string | null): Promise<boolean>;
}

/** The dependencies of {@link createAuthenticate}. */
export interface AuthenticateDeps extends Clock {
  tenants: Pick<TenantRepository, "findKey">;
  records: Pick<RecordCache, "read">;
  /** The allowed age of a copy of a key, which is how long a revocation may take elsewhere. */
  staleness: Staleness;
  pepper: string;
  rootKey: string;
}

/**
 * Copies younger than this are not revalidated, so that wrong secrets read the source once a second
 * at most.
 */
const MIN_COPY_AGE_MS = 1_000;

/**
 * Creates an {@link Authenticate}. Compares secrets as HMACs under the pepper; WebCrypto does so in
 * constant time.
 */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const readKey = async (keyId: string, revalidate: boolean) =>
    deps.records.read<ApiKey>(apiKeyKey(keyId), {
      staleness: deps.staleness,
      revalidate,
      load: async () => deps.tenants.findKey(keyId),
    });
  const matches = async (row: ApiKey, secret: string, now: number) => {
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
      // A secret that the copy does not know may be newer than the copy.
      if (found.value && !good && found.age_ms > MIN_COPY_AGE_MS) {
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
