import { AppError } from "../../domain/errors.ts";
import { clientNetwork } from "../../domain/tenants/client-address.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** The failed authentications of an address: at once after a rest, and a minute from then on. */
export interface FailureLimits {
  burst: number;
  perMinute: number;
}

/** Addresses that an isolate remembers. A forgotten one starts with a full bucket. */
const MAX_ADDRESSES = 10_000;

/**
 * Bounds the failed authentications of each address, in each isolate, by a token bucket. A request
 * takes its token before its key is looked up, so that requests at the same time cannot exceed the
 * bound together, and gives it back if the key is good.
 */
export class FailedAuthentications {
  readonly #limits: FailureLimits;
  readonly #clock: Clock;
  readonly #buckets = new LruMap<string, { tokens: number; at: number }>({ maxEntries: MAX_ADDRESSES });

  constructor(limits: FailureLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Takes a token. Throws a 429 if the address has none. Without an address nothing is bounded. */
  take(address: string | null): void {
    if (address === null) return;
    const bucket = this.#bucketOf(address);
    if (bucket.tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - bucket.tokens) * 60_000) / this.#limits.perMinute);
      const detail = "Too many requests with wrong API keys came from this address.";
      throw new AppError("rate_limit_error", detail, { retryAfterMs });
    }
    bucket.tokens -= 1;
  }

  /** Gives a token back that was taken for what was no failed authentication. */
  giveBack(address: string | null): void {
    if (address === null) return;
    const bucket = this.#bucketOf(address);
    bucket.tokens = Math.min(this.#limits.burst, bucket.tokens + 1);
  }

  #bucketOf(address: string): { tokens: number; at: number } {
    const { burst, perMinute } = this.#limits;
    const [network, now] = [clientNetwork(address), this.#clock.now()];
    const known = this.#buckets.get(network) ?? { tokens: burst, at: now };
    // A clock that goes back adds nothing.
    const gained = (Math.max(0, now - known.at) * perMinute) / 60_000;
    const bucket = { tokens: Math.min(burst, known.tokens + gained), at: now };
    this.#buckets.set(network, bucket);
    return bucket;
  }
}
