import { isAddress, isPublicAddress } from "../../domain/public-address.ts";
import { abortOf } from "../../lib/abort.ts";
import type { Clock } from "../../lib/clock.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** An address that a resolver knows for a name, and how long it holds, in seconds. */
export interface ResolvedAddress {
  address: string;
  ttl: number;
}

/** What {@link createPublicFetch} needs. */
export interface PublicFetchDeps extends Clock {
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** The IPv4 and IPv6 addresses of a name; empty where it has none. Throws where nobody says. */
  resolve(name: string): Promise<ResolvedAddress[]>;
  /** Origins that the deployment trusts, whatever their names mean. */
  trustedOrigins: readonly string[];
}

/** The name of a host is not one of the public internet, or nobody could say. Nothing was sent. */
export class HostRefused extends Error {}

/** How long the resolver may take, ms. */
const RESOLVE_WITHIN_MS = 3_000;
/** How long a good answer counts, whatever its own time says, ms. */
const KEPT_MS = { least: 30_000, most: 300_000 };
/** Names that an isolate knows to be public. */
const MAX_NAMES = 1_000;

/**
 * A `fetch` for addresses that tenants choose. It resolves the name first, and throws
 * {@link HostRefused} if that has no address, one that is not public beside others, or no answer in
 * time. The platform resolves the name again for the call, and cannot be told which address to
 * take: a name that changes in between is not noticed. A host that is an address itself is left to
 * the rules for literal addresses.
 */
export function createPublicFetch(deps: PublicFetchDeps): PublicFetchDeps["fetch"] {
  const goodUntil = new LruMap<string, number>({ maxEntries: MAX_NAMES });

  async function requirePublic(name: string): Promise<void> {
    const late = () => new Error("the resolver did not answer in time");
    const found = await withTimeout(deps.resolve(name), RESOLVE_WITHIN_MS, late).catch((cause: unknown) => {
      throw new HostRefused("has a name that leads to no address now", { cause });
    });
    // The platform's resolver lists the aliases on the way to the addresses, too.
    const addresses = found.filter(({ address }) => isAddress(address));
    if (addresses.length === 0) throw new HostRefused("has a name that leads to no address now");
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      throw new HostRefused("has a name that leads to a private address");
    }
    const ttlMs = 1_000 * Math.min(...addresses.map(({ ttl }) => ttl));
    goodUntil.set(name, deps.now() + Math.min(KEPT_MS.most, Math.max(KEPT_MS.least, ttlMs)));
  }

  return async function publicFetch(url, init) {
    const { origin, hostname } = new URL(url);
    const isLiteral = hostname === "localhost" || hostname.startsWith("[") || isAddress(hostname);
    const isKnown = isLiteral || deps.trustedOrigins.includes(origin) || (goodUntil.get(hostname) ?? 0) > deps.now();
    if (!isKnown) await unlessAborted(requirePublic(hostname), init?.signal);
    return deps.fetch(url, init);
  };
}

/** Settles as `work` does, or as soon as the signal aborts, with its reason, as `fetch` does. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | null | undefined): Promise<void> {
  if (!signal) return work;
  const abort = abortOf(signal);
  try {
    await Promise.race([work, abort.promise]);
  } finally {
    abort.stop();
  }
  signal.throwIfAborted();
}
