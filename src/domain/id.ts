import { v7 } from "uuid";

/**
 * The prefixes of ids: tenant, tenant whose objects stay in the EU, API key, execution, batch,
 * provider batch, test run, promotion, move of a label, comparison, optimisation, run of a chain,
 * entry of the audit log.
 */
export type IdPrefix =
  "ten" | "ten_eu" | "key" | "exe" | "bat" | "pba" | "tst" | "pro" | "mov" | "cmp" | "opt" | "run" | "aud";

/**
 * A new id: prefix + UUIDv7. The ten low bits of `rand_a` (RFC 9562, 5.7) carry the `bucket`, if
 * one is given, so that the id alone leads to the shard of its row. 62 random bits remain.
 */
export function newId(prefix: IdPrefix, nowMs: number, bucket?: number): string {
  const uuid = v7({ msecs: nowMs });
  if (bucket === undefined) return `${prefix}_${uuid}`;
  return `${prefix}_${uuid.slice(0, 15)}${bucket.toString(16).padStart(3, "0")}${uuid.slice(18)}`;
}

/** An id of the time of another one, and so far behind it: the same for ever. */
export function laterId(id: string, by: number): string {
  const last = (Number.parseInt(id.slice(-LAST_DIGITS), 16) + by) % 16 ** LAST_DIGITS;
  return `${id.slice(0, -LAST_DIGITS)}${last.toString(16).padStart(LAST_DIGITS, "0")}`;
}

/** The bucket inside an id that {@link newId} made with one. */
export function bucketInId(id: string): number {
  return Number.parseInt(id.slice(4 + 15, 4 + 18), 16) & 0x3ff;
}

/** Whether a text is an id with this prefix. Anything else needs no look-up. */
export function isId(prefix: IdPrefix, text: string): boolean {
  if (!text.startsWith(`${prefix}_`)) return false;
  const uuid = text.slice(prefix.length + 1);
  return UUID_V7.test(uuid) || (prefix === "exe" && UUID_WITH_SHARE.test(uuid));
}

/** A text that is at most any id made at a time or later, and beyond all that were made before. */
export function firstIdAt(prefix: IdPrefix, ms: number): string {
  const hex = Math.max(0, Math.ceil(ms)).toString(16).padStart(12, "0");
  return `${prefix}_${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** The time at which an id was made, in Unix milliseconds. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16);
}

/** The hexadecimal digits at the end of an id, which only chance decides. */
const LAST_DIGITS = 12;
/** As the ids of large tenants' executions have it (`ledger/shares.ts`). */
const UUID_WITH_SHARE = /^[0-9a-f]{8}-[0-9a-f]{4}-80[0-9a-f]{2}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
