import type { Lane } from "../../lane.ts";
import { probing } from "./breaker.ts";
import { capacityOf, concurrencyOfAll, type KeyCapacity, type KeyDemand, shareUsed } from "./capacity.ts";
import { chooseKey } from "./choose-key.ts";
import type { GateSettings } from "./gate-settings.ts";
import type { KeyPool } from "./key-pool.ts";
import { breakerOf, isOpen, type KeyState } from "./key-state.ts";
import type { LeaseLedger } from "./lease-ledger.ts";
import type { AcquireRequest, Lease } from "../protocol/messages.ts";

/** What an allocator works with. `targetOf` is the concurrency that a lane is scaled to. */
export interface LeaseAllocatorDeps {
  settings: GateSettings;
  pool: KeyPool;
  ledger: LeaseLedger;
  targetOf: (lane: Lane) => number;
}

/**
 * Up to this part of all concurrency, leases are long and lanes need not grow into what they take:
 * fewer messages, no wait for a step, and enough is left for others.
 */
const ROOMY = 0.5;

/** Makes leases out of what the keys have left. */
export class LeaseAllocator {
  readonly #deps: LeaseAllocatorDeps;
  #blockedBy: KeyCapacity["blocked_by"] = null;
  #allocated = 0;

  constructor(deps: LeaseAllocatorDeps) {
    this.#deps = deps;
  }

  /** What limited the grants since {@link beginRound}; null where nothing did. */
  get blockedBy(): KeyCapacity["blocked_by"] {
    return this.#blockedBy;
  }

  beginRound(): void {
    this.#blockedBy = null;
  }

  /** Gives a request what there is: at most `maxCalls`, out of as many keys as that takes. */
  allocate(request: AcquireRequest, maxCalls: number, now: number): Lease[] {
    const leases: Lease[] = [];
    const wanted = { ...request, requests: Math.min(request.requests, maxCalls) };
    for (;;) {
      wanted.slots = Math.min(wanted.slots, this.slotsLeft(request));
      if (wanted.slots < 1) this.#blockedBy = "slots";
      if (wanted.requests < 1 || wanted.slots < 1) return leases;
      const chosen = this.#chooseKey(request, wanted, now);
      if (!chosen) return leases;
      const { key, capacity } = chosen;
      leases.push(this.#grant(request, key, capacity, now));
      // A key without limits serves any number of calls with its slots.
      wanted.requests -= isOpen(key) ? wanted.requests : capacity.requests;
      wanted.slots -= capacity.slots;
    }
  }

  /** The concurrency that a request may still be given, as far as the keys have room. */
  slotsLeft({ lane, purpose }: Pick<AcquireRequest, "lane" | "purpose">): number {
    const { settings, pool, ledger, targetOf } = this.#deps;
    const [most, used] = [settings.concurrency[purpose], ledger.slots.inPurpose(purpose)];
    const idle = Math.floor(Math.min(most, concurrencyOfAll(pool.all())) * ROOMY) - used;
    return Math.min(Math.max(targetOf(lane) - ledger.slots.inLane(lane), idle), most - used);
  }

  #chooseKey(request: AcquireRequest, wanted: KeyDemand, now: number) {
    const { settings, pool } = this.#deps;
    // An isolate whose copy of the keys is older cannot use those that were added since.
    const known = new Set(request.keys.map(({ name }) => name));
    for (const name of request.avoid) known.delete(name);
    const fit = pool.healthy(request.model, now).filter(({ limits }) => known.has(limits.name));
    const options = fit.flatMap((key) => {
      const capacity = capacityOf(key, wanted, settings.times.life_ms, now);
      if (capacity.blocked_by) this.#blockedBy = capacity.blocked_by;
      const load = { weight: key.limits.weight, in_flight: key.in_flight, ttft_ms: key.ttft_ms };
      return capacity.requests > 0 ? [{ key, capacity, ...load, share_used: shareUsed(key, now) }] : [];
    });
    return chooseKey(options, settings.strategy, settings.random);
  }

  #grant({ holder, purpose, lane, model, hold_ms }: AcquireRequest, key: KeyState, capacity: KeyCapacity, now: number) {
    const { settings, ledger } = this.#deps;
    if (capacity.probe)
      key.breakers.set(model, probing(now, settings.times.life_ms + hold_ms, breakerOf(key, model)), now);
    const tight = ledger.slots.inPurpose(purpose) + capacity.slots > settings.concurrency[purpose] * ROOMY;
    this.#allocated += 1;
    return ledger.grant(
      { holder, purpose, key, model, lane, hold_ms, tight, ...capacity },
      `${settings.epoch}-${this.#allocated}`,
      now,
    );
  }
}
