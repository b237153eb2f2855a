import type { Lane } from "../../lane.ts";
import type { Lease } from "./messages.ts";

/**
 * The calls that share leases, because the gate keeps a slot of each for the same time: `hold_ms`
 * is the longest that one may last.
 */
export interface CallKind {
  model: string;
  lane: Lane;
  hold_ms: number;
}

/** A lease with the kind of calls that it was asked for. */
export type AskedLease = Lease & CallKind;

/**
 * Whether a lease that was asked for by calls of the kind `asked` is for calls of a kind, too: of
 * the same lane only for the same ones, or they would take the slots of longer calls that wait; of
 * another lane for all that may not last longer.
 */
export function isFor(asked: CallKind, { model, lane, hold_ms }: CallKind): boolean {
  if (asked.model !== model) return false;
  return asked.lane === lane ? asked.hold_ms === hold_ms : asked.hold_ms >= hold_ms;
}

/** Whether keeping a lease keeps something from others. */
export function isCounted(lease: Lease): boolean {
  return lease.requests !== null || lease.tokens !== null || lease.probe;
}
