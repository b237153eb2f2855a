import type { Found, RecordCache, Staleness } from "../../cache/records.ts";
import { AppError } from "../../domain/errors.ts";
import { type ParsedToken, parseToken, type Principal } from "../../domain/tenants/api-key.ts";
import type { Clock } from "../../lib/clock.ts";
import { areEqual, hmacHex, hmacMatches } from "../../lib/hash.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { FoundKey, TenantRepository } from "../../storage/tenants/tenants.ts";
import { FailedAuthentications, type FailureLimits } from "./failed-authentications.ts";
import { apiKeyKey } from "./issue-key.ts";
import type { TenantRecords } from "./tenant-records.ts";
import { hasOurMac } from "./token-mac.ts";

/** A token and the digest of its secret, which is the same for ever. */
interface HashedToken {
  parsed: ParsedToken;
  digest: string;
}

/** The dependencies of {@link Authenticator}. */
export interface AuthenticatorDeps extends Clock {
  tenants: Pick<TenantRepository, "findKey">;
  records: Pick<RecordCache, "read">;
  /** Learns the tenant's epoch with each key. */
  tenantRecords: Pick<TenantRecords, "noteEpoch">;
  /** The allowed age of a copy of a key, which is how long a revocation may take elsewhere. */
  staleness: Staleness;
  pepper: string;
  rootKey: string;
  /** The failed authentications that an address may make in this isolate. */
  failures: FailureLimits;
}

/**
 * Copies younger than this are not revalidated, so that wrong secrets read the source once a second
 * at most.
 */
const MIN_COPY_AGE_MS = 1_000;
/** How long an isolate believes that a key does not exist, milliseconds. */
const ABSENCE_MS = 5_000;
/** Absent keys that an isolate remembers, apart from the keys that exist. */
const MAX_ABSENCES = 2_000;
/** Tokens whose digests an isolate remembers. */
const MAX_HASHED = 1_000;
/** Old keys that an isolate knows to be good. A forgotten one counts as unknown for one request. */
const MAX_PROVEN = 1_000;

/**
 * Identifies callers by their bearer tokens. Reads keys, which hold only digests, through the cache
 * tiers. A token whose MAC is not ours costs no look-up. A token from before there were MACs is
 * looked up, within the bound on failed authentications of its address. Digests are compared in
 * constant time.
 */
export class Authenticator {
  readonly #deps: AuthenticatorDeps;
  readonly #failures: FailedAuthentications;
  /** When each absent key was looked for. */
  readonly #absences = new LruMap<string, number>({ maxEntries: MAX_ABSENCES });
  /** The ids of keys without a MAC that authenticated a caller here. */
  readonly #proven = new LruMap<string, true>({ maxEntries: MAX_PROVEN });
  /** Tokens that authenticated a caller here, so that each is hashed once. */
  readonly #hashed = new LruMap<string, HashedToken>({ maxEntries: MAX_HASHED });

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps;
    this.#failures = new FailedAuthentications(deps.failures, deps);
  }

  /**
   * The principal of a tenant's key. Throws a 401 for a key that is malformed, not ours, unknown,
   * revoked or expired, and a 429 if the client's address sent too many of those. `address` is null
   * where it is not known.
   */
  async principal(token: string | null, address: string | null = null): Promise<Principal> {
    if (!token) {
      throw new AppError("authentication_error", "Send an API key as `Authorization: Bearer …` or `x-api-key`.");
    }
    const hashed = this.#hashed.get(token);
    if (hashed) return this.#identify(hashed.parsed, hashed.digest);
    const parsed = parseToken(token);
    const isKnown = parsed && (this.#isProven(parsed) || (await hasOurMac(this.#deps.pepper, parsed)));
    if (parsed && isKnown) return this.#identifyAnew(token, parsed);
    this.#failures.take(address);
    if (!parsed) {
      throw new AppError("authentication_error", "The API key is malformed: its form or checksum is wrong.");
    }
    if (parsed.mac !== null) throw unknownKey();
    try {
      const principal = await this.#identifyAnew(token, parsed);
      this.#proven.set(parsed.key_id, true);
      this.#failures.giveBack(address);
      return principal;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "authentication_error") this.#failures.giveBack(address);
      throw error;
    }
  }

  /** Whether the token is the deployment's root key. */
  async isRoot(token: string | null): Promise<boolean> {
    if (!token) return false;
    const { pepper, rootKey } = this.#deps;
    return hmacMatches(pepper, token, await hmacHex(pepper, rootKey));
  }

  #isProven({ key_id, mac }: ParsedToken): boolean {
    return mac === null && this.#proven.get(key_id) === true;
  }

  /** Hashes a token's secret, and remembers the digest if it is that of a good key. */
  async #identifyAnew(token: string, parsed: ParsedToken): Promise<Principal> {
    const digest = await hmacHex(this.#deps.pepper, parsed.secret);
    const principal = await this.#identify(parsed, digest);
    this.#hashed.set(token, { parsed, digest });
    return principal;
  }

  async #identify({ key_id }: ParsedToken, digest: string): Promise<Principal> {
    const now = this.#deps.now();
    let found = await this.#read(key_id, false);
    let isGood = found.value !== null && hasDigest(found.value, digest, now);
    // A secret that the copy does not know may be newer than the copy.
    if (found.value && !isGood && (found.tier === "replica" || found.age_ms > MIN_COPY_AGE_MS)) {
      found = await this.#read(key_id, true);
      isGood = found.value !== null && hasDigest(found.value, digest, now);
    }
    const row = found.value;
    if (!row || !isGood || row.revoked_at !== null) throw unknownKey();
    if (row.expires_at !== null && row.expires_at <= now) {
      throw new AppError("authentication_error", "The API key has expired.");
    }
    const { tenant_id, tenant_epoch: epoch } = row;
    if (epoch !== undefined) this.#deps.tenantRecords.noteEpoch(tenant_id, { epoch, at: now - found.age_ms });
    return { tenant_id, key_id: row.id, scopes: row.scopes };
  }

  /**
   * Reads a key. Absences are kept apart from the keys that exist, and in no cache tier, so that
   * made-up ids neither evict a key nor cost a write.
   */
  async #read(
    keyId: string,
    revalidate: boolean,
  ): Promise<Pick<Found<FoundKey>, "value" | "age_ms"> & { tier?: Found<FoundKey>["tier"] }> {
    const { records, staleness, tenants } = this.#deps;
    const age_ms = this.#deps.now() - (this.#absences.get(keyId) ?? -Infinity);
    if (age_ms >= 0 && age_ms <= ABSENCE_MS) return { value: null, age_ms };
    const found = await records.read<FoundKey>(apiKeyKey(keyId), {
      staleness,
      revalidate,
      mayLag: true,
      keepAbsence: false,
      load: async () => tenants.findKey(keyId),
    });
    if (found.value === null) this.#absences.set(keyId, this.#deps.now() - found.age_ms);
    return found;
  }
}

/** Takes the same time for every digest, so that its beginning cannot be guessed. */
function hasDigest(row: FoundKey, digest: string, now: number): boolean {
  return liveDigests(row, now).some((live) => areEqual(live, digest));
}

function unknownKey(): AppError {
  return new AppError("authentication_error", "The API key is unknown or revoked.");
}

function liveDigests(
  row: { digest: string; previous_digest: string | null; previous_expires_at: number | null },
  now: number,
): string[] {
  const overlapping = row.previous_digest !== null && (row.previous_expires_at ?? 0) > now;
  return overlapping && row.previous_digest !== null ? [row.digest, row.previous_digest] : [row.digest];
}
