import type { Breaker } from "./breaker.ts";
import type { LearnedLimits } from "./learned-limits.ts";
import type { LedgerLease } from "./ledger-lease.ts";
import type { SlotCharges } from "./rate-window.ts";

/**
 * What outlives the object of a key: why it may not be used, and what was learned. A key of which
 * there is no such news has no row. Rows of earlier versions have no optional field.
 */
export interface StoredKey {
  name: string;
  cool_until: number;
  parked_until: number;
  parked_for: "credentials" | "quota" | null;
  /** Charges in rows of earlier versions, see `adoptOldRows`; empty since. */
  requests: SlotCharges;
  tokens: SlotCharges;
  /** The version of the secret that all this is about. */
  version?: number;
  learned?: LearnedLimits;
  /** Absent where nothing limits the concurrency: JSON has no Infinity. */
  ceiling?: number;
  /** Breakers that are not closed, or that count failures. */
  breakers?: [model: string, breaker: Breaker][];
}

/**
 * How many rows a gate's ledger is stored in. A question changes the leases of one isolate, so it
 * writes one row. Many rows keep each of them small where thousands of leases are out.
 */
const PARTS = 64;

/** What is charged to a key, out of one part. */
export interface KeyCharges {
  key: string;
  requests: SlotCharges;
  tokens: SlotCharges;
}

/** One row of the ledger: the leases of some isolates, and all that those isolates used. */
export interface StoredPart {
  part: number;
  leases: LedgerLease[];
  charges: KeyCharges[];
}

/** The part that holds a holder's leases. */
export function partOf(holder: string): number {
  let sum = 0;
  for (let index = 0; index < holder.length; index++) sum = (sum * 31 + holder.charCodeAt(index)) % 65_521;
  return sum % PARTS;
}

/**
 * What an object has stored. Earlier versions stored a row for each lease, and charges with keys.
 */
export interface StoredRows {
  keys: StoredKey[];
  leases: Omit<LedgerLease, "part">[];
  parts: StoredPart[];
}

/**
 * Moves rows of earlier versions into the first part. Returns the part and the keys to store; null
 * where there are none of those rows.
 */
export function adoptOldRows({ keys, leases, parts }: StoredRows): Omit<StoredRows, "leases"> | null {
  const charged = keys.filter(({ requests, tokens }) => requests.length + tokens.length > 0);
  if (charged.length + leases.length === 0) return null;
  const known = parts.find(({ part }) => part === 0) ?? { part: 0, leases: [], charges: [] };
  const first = {
    part: 0,
    leases: [...known.leases, ...leases.map((lease) => ({ ...lease, part: 0 }))],
    charges: [...known.charges, ...charged.map(({ name, requests, tokens }) => ({ key: name, requests, tokens }))],
  };
  return { keys: charged.map((key) => ({ ...key, requests: [], tokens: [] })), parts: [first] };
}
