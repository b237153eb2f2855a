import type { Lane } from "../../lane.ts";
import { type LedgerLease, slotsOut } from "./ledger-lease.ts";
import type { CallKind } from "../protocol/call-kind.ts";
import { type Purpose, PURPOSES } from "../protocol/messages.ts";

/** The calls of a holder that share leases. */
export type HeldKind = CallKind & Pick<LedgerLease, "holder">;

/**
 * How many slots are out, by lane, purpose, holder, and kind of a holder's calls. Kept up to date,
 * so that no count scans the leases.
 */
export class SlotCounts {
  readonly #lanes: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };
  readonly #purposes: Record<Purpose, number> = { execution: 0, test: 0 };
  readonly #holders = new Map<string, number>();
  readonly #kinds = new Map<string, number>();
  #leaving = 0;

  /** Slots that are out in a lane. */
  inLane(lane: Lane): number {
    return this.#lanes[lane];
  }

  /** Slots that are out for a purpose. */
  inPurpose(purpose: Purpose): number {
    return this.#purposes[purpose];
  }

  /** Slots that are out. */
  all(): number {
    return PURPOSES.reduce((sum, purpose) => sum + this.#purposes[purpose], 0);
  }

  /** Slots of a holder, without those on their way back. */
  inHolder(holder: string): number {
    return this.#holders.get(holder) ?? 0;
  }

  /** Slots of a holder's leases for calls of one kind, without those on their way back. */
  inKind(kind: HeldKind): number {
    return this.#kinds.get(nameOf(kind)) ?? 0;
  }

  /** Slots of all holders that are on their way back. */
  leaving(): number {
    return this.#leaving;
  }

  /** Counts a lease as it was stored. */
  restore(lease: LedgerLease): void {
    const slots = slotsOut(lease);
    this.#lanes[lease.lane] += slots;
    this.#purposes[lease.purpose] += slots;
    this.#leaving += lease.leaving;
    this.#addToHolder(lease, slots - lease.leaving);
  }

  take(lease: LedgerLease, slots: number): void {
    this.#lanes[lease.lane] += slots;
    this.#purposes[lease.purpose] += slots;
    this.#addToHolder(lease, slots);
  }

  /** Notes that slots of a lease are on their way back. */
  markLeaving(lease: LedgerLease, slots: number): void {
    lease.leaving += slots;
    this.#leaving += slots;
    this.#addToHolder(lease, -slots);
  }

  /** Frees slots of a lease, those on their way back first. */
  free(lease: LedgerLease, slots: number): void {
    this.#lanes[lease.lane] -= slots;
    this.#purposes[lease.purpose] -= slots;
    const left = Math.min(slots, lease.leaving);
    lease.leaving -= left;
    this.#leaving -= left;
    this.#addToHolder(lease, left - slots);
  }

  #addToHolder(lease: HeldKind, slots: number): void {
    add(this.#holders, lease.holder, slots);
    add(this.#kinds, nameOf(lease), slots);
  }
}

function add(counts: Map<string, number>, name: string, slots: number): void {
  const next = (counts.get(name) ?? 0) + slots;
  if (next > 0) counts.set(name, next);
  else counts.delete(name);
}

function nameOf({ holder, lane, model, hold_ms }: HeldKind): string {
  return `${holder}/${lane}/${hold_ms}/${model}`;
}
