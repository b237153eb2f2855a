import type { WorkTimes } from "../../pace.ts";
import type { LeaseTimes } from "./lease-ledger.ts";
import type { KeyStrategy } from "../protocol/key-strategy.ts";
import type { Purpose } from "../protocol/messages.ts";

/**
 * How a gate works. `concurrency` limits the calls in flight of all keys together, for each purpose
 * and beside each key's own limit. `epoch` makes the lease ids of one life of the object unlike
 * those of its other lives. `random` is in [0, 1).
 */
export interface GateSettings {
  times: LeaseTimes;
  strategy: KeyStrategy;
  concurrency: Readonly<Record<Purpose, number>>;
  epoch: string;
  random: () => number;
  /** What messages take of its object's thread; the platform's times where absent. */
  work?: WorkTimes;
}

/**
 * The times of leases whose permits live for `lifeMs`: twice that where only concurrency is short,
 * five times where nothing is limited. A call reaches the provider's counter within 3 s of its
 * sending.
 */
export function leaseTimes(lifeMs: number): LeaseTimes {
  return { life_ms: lifeMs, slot_life_ms: 2 * lifeMs, open_life_ms: 5 * lifeMs, transit_ms: 3_000 };
}
