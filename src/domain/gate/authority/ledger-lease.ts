import type { Lease, LeaseReport, Purpose } from "../protocol/messages.ts";

/** A lease as the gate keeps and stores it. Times are epoch ms. */
export interface LedgerLease extends Lease {
  /** The part of the ledger that it is stored in. */
  part: number;
  holder: string;
  purpose: Purpose;
  granted_at: number;
  /** The slot of the key's windows that its permits are charged to. */
  slot: number;
  /** The longest that a call may last, and when the last call must have ended. */
  hold_ms: number;
  hold_until: number;
  /** Slots that are on their way back: the holder does not use them again. */
  leaving: number;
  /** What the holder has reported so far. */
  told: Omit<LeaseReport, "lease" | "used_ago_ms">;
}

/** Slots of a lease that are not back yet. */
export function slotsOut(lease: LedgerLease): number {
  return lease.slots - lease.told.slots_back;
}

/** Whether all of a lease is accounted for, so that no report can add anything. */
export function isClosed({ told, slots, requests }: LedgerLease): boolean {
  return told.slots_back >= slots && (requests === null || told.ended + told.requests_back >= requests);
}

/** Requests that are neither ended nor given back; Infinity where they are not counted. */
export function unusedRequests({ requests, told }: LedgerLease): number {
  return (requests ?? Infinity) - told.ended - told.requests_back;
}

/**
 * Tokens that are neither reserved by an ended call nor given back; Infinity where they are not
 * counted.
 */
export function unusedTokens({ tokens, told }: LedgerLease): number {
  return (tokens ?? Infinity) - told.reserved - told.tokens_back;
}

/**
 * Notes a report in its lease and returns what it adds to earlier ones, never more than the lease
 * has.
 */
export function applyReport(report: LeaseReport, lease: LedgerLease): LedgerLease["told"] {
  const { told } = lease;
  const ended = within(report.ended - told.ended, unusedRequests(lease));
  const reserved = within(report.reserved - told.reserved, unusedTokens(lease));
  const spent = Math.max(0, report.spent - told.spent);
  const slots_back = within(report.slots_back - told.slots_back, slotsOut(lease));
  told.ended += ended;
  told.reserved += reserved;
  told.spent += spent;
  told.slots_back += slots_back;
  const requests_back = within(report.requests_back - told.requests_back, unusedRequests(lease));
  const tokensLeft = lease.tokens === null ? 0 : unusedTokens(lease);
  const tokens_back = within(report.tokens_back - told.tokens_back, tokensLeft);
  told.requests_back += requests_back;
  told.tokens_back += tokens_back;
  return { ended, reserved, spent, requests_back, tokens_back, slots_back };
}

function within(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}
