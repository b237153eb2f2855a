import { LANE_RULES } from "../lanes.ts";
import type { GateView } from "../protocol/gate-view.ts";
import type { AcquireReply, KeyLimits, Lease } from "../protocol/messages.ts";
import type { Permit, PermitNeed } from "./permit.ts";
import { OpenPermits } from "./open-permits.ts";

/** The name of the lease that free calls seem to belong to. The gate knows no such lease. */
export const FREE_LEASE = "free";
/** How long an isolate makes free calls without looking what the gate knows, in ms. */
const LOOK_EVERY_MS = 3_600_000;
/** The same while it asks for every call, in ms. */
const LOOK_AGAIN_MS = 10_000;

/**
 * How free calls are made: `most` at a time in an isolate, with a key that `random` chooses by
 * weight.
 */
export interface FreeCallSettings {
  most: number;
  random: () => number;
}

/**
 * The calls that an isolate makes without asking the gate: a few at a time, where no key has a
 * limit and nothing is known that a gate should decide. After a call that failed or was refused,
 * and after a reply of the gate that shows a limit, the isolate asks for every call, until it sees
 * that the gate knows nothing of any key. A lease without limits says that of one key only.
 */
export class FreeCalls {
  readonly #settings: FreeCallSettings;
  readonly #keys: () => readonly KeyLimits[];
  readonly #open = new OpenPermits();
  #mustAsk = false;
  #lookedAt = -Infinity;
  /** Whether there was a fault since the look that is under way: its view may be older. */
  #isViewOld = false;

  constructor(settings: FreeCallSettings, keys: () => readonly KeyLimits[]) {
    this.#settings = settings;
    this.#keys = keys;
  }

  /** A permit for a call that needs no lease; null where the gate must be asked. */
  take(need: PermitNeed, now: number): { permit: Permit; over_at: number } | null {
    const { model, lane, tokens, avoid, hold_ms = LANE_RULES[need.lane].timeout_ms } = need;
    const keys = this.#keys();
    // A caller that has met a failing key needs what the gate knows of the others.
    if (this.#mustAsk || avoid.length > 0 || this.#open.size >= this.#settings.most) return null;
    const key = keys.every(isUnlimited) ? this.#chooseKey(keys) : undefined;
    if (!key) return null;
    const { id, over_at } = this.#open.open(tokens, hold_ms, now);
    return { permit: { id, key: key.name, model, lane, hold_ms, lease: FREE_LEASE, tokens, probe: false }, over_at };
  }

  /** A call is sent now. Returns false where news came since that the gate should decide on. */
  send(permit: number, now: number): boolean {
    return !this.#mustAsk && this.#open.send(permit, now);
  }

  /** A call has ended. Returns whether its permit was open. */
  end(permit: number): boolean {
    return this.#open.close(permit) !== undefined;
  }

  /** Ends the permits whose calls can no longer be under way, and returns how many there were. */
  endVanished(now: number): number {
    return this.#open.closeOver(now).length;
  }

  /** When the next open permit is over, in epoch ms; Infinity while none is open. */
  nextOverAt(): number {
    return this.#open.nextOverAt();
  }

  /** Notes that a call failed or was refused: from now on the gate decides. */
  noteFault(now: number): void {
    this.#mustAsk = true;
    this.#isViewOld = true;
    this.#lookedAt = now;
  }

  /** Learns from the gate's answer whether anything is limited. */
  hear({ leases, refusal }: AcquireReply, now: number): void {
    if (leases.some(isLimitedLease) || (refusal && refusal.callers > 0)) this.noteFault(now);
  }

  /**
   * Whether to look at the gate now, behind a call. Another isolate may have told it of a
   * limit, or of a provider that is down.
   */
  takeLook(now: number): boolean {
    // Where a key has a limit, no call is free, whatever the gate knows.
    const isConcerned = (this.#mustAsk || this.#open.size > 0) && this.#keys().every(isUnlimited);
    if (!isConcerned || now - this.#lookedAt < (this.#mustAsk ? LOOK_AGAIN_MS : LOOK_EVERY_MS)) return false;
    this.#lookedAt = now;
    this.#isViewOld = false;
    return true;
  }

  /** Learns from a look at the gate; null where it failed, so that the next call looks again. */
  see(view: GateView | null): void {
    if (view === null) this.#lookedAt = -Infinity;
    else this.#mustAsk = this.#isViewOld || !isUntroubled(view);
  }

  #chooseKey(keys: readonly KeyLimits[]): KeyLimits | undefined {
    let left = this.#settings.random() * keys.reduce((sum, { weight }) => sum + weight, 0);
    return keys.find(({ weight }) => (left -= weight) < 0) ?? keys.at(-1);
  }
}

function isUnlimited({ rpm, tpm, max_concurrency }: KeyLimits): boolean {
  return rpm === null && tpm === null && max_concurrency === null;
}

function isLimitedLease({ requests, tokens, scarce, probe }: Lease): boolean {
  return requests !== null || tokens !== null || scarce || probe;
}

/** Whether a gate knows nothing that it should decide on: no limit, no key at rest, no failure. */
function isUntroubled({ keys, concurrency }: GateView): boolean {
  const hasRoom = concurrency.limit === null || concurrency.used <= concurrency.limit / 2;
  return (
    hasRoom &&
    keys.every(
      (key) =>
        key.status === "ok" &&
        [key.requests, key.tokens, key.concurrency].every(({ limit }) => limit === null) &&
        key.breakers.every(({ state, cool_in_ms }) => state === "closed" && cool_in_ms === undefined),
    )
  );
}
