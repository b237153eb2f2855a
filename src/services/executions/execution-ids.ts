import { LEDGER_SHARES } from "../../domain/ledger/ledger-messages.ts";
import { homeShareOf, LARGE_LEDGER_SHARES, newIdIn, newIdNaming } from "../../domain/ledger/shares.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** What {@link ExecutionIds} needs. */
export interface ExecutionIdsDeps extends Clock {
  /** In [0, 1). */
  random(): number;
  /** Whether a tenant's ledger has more objects than those of others. */
  isLarge(tenantId: string): boolean;
}

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
 * for them and not eight. Those of a large tenant are never rare.
 */
export class ExecutionIds {
  readonly #deps: ExecutionIdsDeps;
  /** From 0 to 1: the isolate's place among the shares. */
  readonly #own: number;
  /** When each tenant last executed, Unix ms. */
  readonly #lastAt = new LruMap<string, number>({ maxEntries: MAX_TENANTS });

  constructor(deps: ExecutionIdsDeps) {
    this.#deps = deps;
    this.#own = deps.random();
  }

  next(tenantId: string): string {
    const now = this.#deps.now();
    if (this.#deps.isLarge(tenantId)) return newIdNaming(Math.floor(this.#own * LARGE_LEDGER_SHARES), now);
    const isFrequent = now - (this.#lastAt.get(tenantId) ?? -Infinity) < FREQUENT_MS;
    this.#lastAt.set(tenantId, now);
    return newIdIn(isFrequent ? Math.floor(this.#own * LEDGER_SHARES) : homeShareOf(tenantId), now);
  }
}
