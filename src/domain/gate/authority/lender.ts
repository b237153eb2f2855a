import { probing } from "./breaker.ts";
import { type Capacity, capacityOf, shareUsed } from "./capacity.ts";
import { chooseKey, type KeyStrategy } from "./choose-key.ts";
import { breakerOf, isOpen, type KeyPool, type KeyState } from "./key-pool.ts";
import type { LeaseLedger, LeaseTimes } from "./lease-ledger.ts";
import type { AcquireRequest, Lease, Purpose } from "../protocol/messages.ts";
import type { Waiter } from "./wait-queue.ts";

/** How a gate is set. `concurrency`: calls at a time of all keys together for each purpose, whatever each key allows. `epoch` makes the ids of its leases unlike those of the object's other lives. `random` in [0, 1). */
export interface LendingSettings {
  times: LeaseTimes;
  strategy: KeyStrategy;
  concurrency: Readonly<Record<Purpose, number>>;
  epoch: string;
  random: () => number;
}

/** What a lender works with. `roomIn` is how many more calls at a time a wish may have. */
export interface LenderDeps {
  settings: LendingSettings;
  pool: KeyPool;
  ledger: LeaseLedger;
  roomIn: (wish: Pick<AcquireRequest, "lane" | "purpose">) => number;
}

/** Cuts leases out of what the keys have left. */
export interface Lender {
  /** Gives a waiter what can be given: at most `most` calls, out of as many keys as it takes. */
  grant(waiter: Waiter, most: number, now: number): Lease[];
  beginRound(): void;
  /** What stood in the way of a grant in this round. */
  blockedBy(): Capacity["blocked_by"];
}

/** Up to this part of all calls at a time, Workers may keep theirs for long: fewer questions, and enough is left for others. */
const ROOMY = 0.5;

/** A lender over a pool and its ledger. */
export function createLender({ settings, pool, ledger, roomIn }: LenderDeps): Lender {
  let blockedBy: Capacity["blocked_by"] = null;
  let lent = 0;

  function lend({ request }: Waiter, key: KeyState, capacity: Capacity, now: number): Lease {
    const { holder, purpose, lane, model, hold_ms } = request;
    if (capacity.probe) key.breakers.set(model, probing(now, settings.times.life_ms + hold_ms, breakerOf(key, model)));
    const tight = ledger.inPurpose(purpose) + capacity.slots > settings.concurrency[purpose] * ROOMY;
    return ledger.grant(
      { holder, purpose, key, model, lane, hold_ms, tight, ...capacity },
      `${settings.epoch}-${(lent += 1)}`,
      now,
    );
  }

  return {
    grant(waiter, most, now) {
      const { request } = waiter;
      const given: Lease[] = [];
      const want = { ...request, requests: Math.min(request.requests, most) };
      for (;;) {
        want.slots = Math.min(want.slots, roomIn(request));
        if (want.slots < 1) blockedBy = "slots";
        if (want.requests < 1 || want.slots < 1) return given;
        const fit = pool.healthy(request.model, now).filter((key) => !request.avoid.includes(key.limits.name));
        const options = fit.flatMap((key) => {
          const capacity = capacityOf(key, want, settings.times.life_ms, now);
          if (capacity.blocked_by) blockedBy = capacity.blocked_by;
          const load = { weight: key.limits.weight, in_flight: key.in_flight, ttft_ms: key.ttft_ms };
          return capacity.requests > 0 ? [{ key, capacity, ...load, share_used: shareUsed(key, now) }] : [];
        });
        const chosen = chooseKey(options, settings.strategy, settings.random);
        if (!chosen) return given;
        const { key, capacity } = chosen;
        given.push(lend(waiter, key, capacity, now));
        // A key without limits serves any number of calls by its slots.
        want.requests -= isOpen(key) ? want.requests : capacity.requests;
        want.slots -= capacity.slots;
      }
    },
    beginRound() {
      blockedBy = null;
    },
    blockedBy: () => blockedBy,
  };
}
