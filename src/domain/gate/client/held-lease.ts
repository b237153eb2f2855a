import type { Lease, LeaseReport, Renewed } from "../protocol/messages.ts";

/** Permits that no call takes are given back after so many ms, and so is concurrency that others wait for. */
export const IDLE_MS = 500;
/** What nobody waits for is told after so many ms at the latest, or with the next question to the gate. */
export const SETTLE_MS = 3_000;
/** The same where tokens are counted: what was reserved and not spent serves others. */
const TOKENS_MS = 1_000;
/** So long before its end a lease asks to live on, in ms: time for the way to the gate and back. */
const RENEW_AHEAD_MS = 400;

/**
 * A lease in a Worker's hands. `leaving` of its slots are not used again; its renewal is `none`, being `asked` for, or was `denied`. `version` moves with
 * everything that the gate should be told, `told` is where it was told last, and by `tell_by` it should be; at `look_at` what is free may have become spare.
 */
export interface Held {
  lease: Lease;
  expires_at: number;
  requests: number;
  tokens: number;
  free: number;
  in_use: number;
  leaving: number;
  renewal: "none" | "asked" | "denied";
  closed: boolean;
  used_by: number;
  report: LeaseReport;
  version: number;
  told: number;
  tell_by: number;
  look_at: number;
}

/** A lease as it comes, usable until `expiresAt`. */
export function newHeld(lease: Lease, expiresAt: number, now: number): Held {
  const { requests, tokens, slots } = lease;
  return {
    lease,
    expires_at: expiresAt,
    requests: requests ?? Infinity,
    tokens: tokens ?? Infinity,
    free: slots,
    in_use: 0,
    leaving: 0,
    renewal: "none",
    closed: false,
    used_by: 0,
    report: emptyReport(lease.id),
    version: 0,
    told: 0,
    tell_by: Infinity,
    look_at: now + IDLE_MS,
  };
}

/** Notes that there is news of a lease, to be told within so many ms. */
export function changed(held: Held, withinMs: number, now: number): void {
  held.version += 1;
  held.tell_by = Math.min(held.tell_by, now + withinMs);
}

function settleWithin({ tokens }: Lease): number {
  return tokens === null ? SETTLE_MS : TOKENS_MS;
}

/** Slots that are free go back to the gate. */
export function giveBack(held: Held, slots: number, now: number): void {
  held.free -= slots;
  held.leaving = Math.max(0, held.leaving - slots);
  held.report.slots_back += slots;
  changed(held, 0, now);
}

/** Nothing more starts under the lease; what is left of it goes back, and its slots as their calls end. */
export function close(held: Held, now: number): void {
  const { lease, report } = held;
  held.closed = true;
  if (lease.requests !== null) report.requests_back += held.requests;
  if (lease.tokens !== null) report.tokens_back += held.tokens;
  report.slots_back += held.free;
  Object.assign(held, { requests: 0, tokens: 0, free: 0 });
  changed(held, lease.scarce ? IDLE_MS : settleWithin(lease), now);
}

/** A call's slot is free again. */
export function release(held: Held, now: number): void {
  held.in_use -= 1;
  if (held.closed) held.report.slots_back += 1;
  else held.free += 1;
  const { closed, lease } = held;
  // A lease whose slots are scarce is soon renewed or over, and tells then.
  changed(held, !lease.scarce ? settleWithin(lease) : closed ? IDLE_MS : Infinity, now);
  if (!held.closed && held.leaving > 0) giveBack(held, 1, now);
}

/** Only what others may wait for is worth asking for again; all else ends by itself, and is asked for by whoever needs it. */
export function mayLiveOn({ lease, closed, in_use, renewal }: Held): boolean {
  return lease.scarce && !lease.probe && !closed && in_use > 0 && renewal === "none";
}

/** When a lease that may live on asks for it: before it ends, or once its calls are used up. */
export function renewAt({ expires_at, requests }: Held): number {
  return requests < 1 ? 0 : expires_at - RENEW_AHEAD_MS;
}

/** When something is to be done about a lease. */
export function lookAt(held: Held): number {
  const { lease, closed, free, expires_at, tell_by, look_at } = held;
  if (closed) return tell_by;
  const end = mayLiveOn(held) ? renewAt(held) : expires_at + (lease.scarce ? 0 : SETTLE_MS);
  return Math.min(tell_by, end, lease.scarce && free > 0 ? look_at : Infinity);
}

/** What a lease lacks for so many calls. */
export function furtherCalls({ lease, requests, tokens }: Held, calls: number, meanTokens: number) {
  const left = lease.requests === null ? 0 : requests;
  const further = Math.max(0, calls - left);
  return { requests: further, tokens: Math.max(0, Math.ceil((left + further) * meanTokens - tokens)) };
}

/** Takes a renewal over; one that comes after the lease has ended goes back. */
export function liveOn(held: Held, more: Renewed, askedAt: number, now: number): void {
  if (held.closed) {
    held.report.requests_back += more.requests;
    held.report.tokens_back += more.tokens;
    return changed(held, IDLE_MS, now);
  }
  held.expires_at = askedAt + more.life_ms;
  held.requests += more.requests;
  held.tokens += more.tokens;
  held.leaving += more.leave;
  const leavingNow = Math.min(held.free, held.leaving);
  if (leavingNow > 0) giveBack(held, leavingNow, now);
}

/** Whether a call of so many tokens can start under the lease. */
export function fits({ requests, tokens, free, expires_at }: Held, needed: number, now: number): boolean {
  return requests >= 1 && free >= 1 && tokens >= needed && now < expires_at;
}

/** Whether keeping the lease keeps something from others. */
export function isCounted(lease: Lease): boolean {
  return lease.requests !== null || lease.tokens !== null || lease.probe;
}

function emptyReport(lease: string): LeaseReport {
  return { lease, ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0, used_ago_ms: 0 };
}
