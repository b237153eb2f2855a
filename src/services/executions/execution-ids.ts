import { LEDGER_SHARES } from "../../domain/ledger/ledger-messages.ts";
import { homeShareOf, newIdIn } from "../../domain/ledger/shares.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** Tenants that an isolate knows at a time. */
const MAX_TENANTS = 10_000;
/**
 * A tenant whose executions come faster than this to one isolate, ms, is spread over the shares.
 */
const FREQUENT_MS = 10_000;

/**
 * Makes the ids of an isolate's executions, and so chooses their ledger objects. All frequent
 * executions of a tenant have the isolate's own share, so that those that begin together share one
 * call. Rare ones have the tenant's home share, whatever the isolate, so that one object wakes up
 * for them and not eight.
 */
export class ExecutionIds {
  readonly #clock: Clock;
  readonly #ownShare: number;
  /** When each tenant last executed, Unix ms. */
  readonly #lastAt = new LruMap<string, number>({ maxEntries: MAX_TENANTS });

  /** `random` is in [0, 1). */
  constructor(deps: Clock & { random(): number }) {
    this.#clock = deps;
    this.#ownShare = Math.floor(deps.random() * LEDGER_SHARES);
  }

  next(tenantId: string): string {
    const now = this.#clock.now();
    const isFrequent = now - (this.#lastAt.get(tenantId) ?? -Infinity) < FREQUENT_MS;
    this.#lastAt.set(tenantId, now);
    return newIdIn(isFrequent ? this.#ownShare : homeShareOf(tenantId), now);
  }
}
