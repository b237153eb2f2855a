import { v7 } from "uuid";

/** The kinds of ids on the wire. */
export type IdPrefix = "ten" | "key" | "exe" | "bat" | "pba";

/**
 * A new id: prefix + UUIDv7. With a `bucket`, the ten low bits of `rand_a` (RFC 9562, 5.7) carry it, so that the id alone tells the
 * shard of its row; 62 random bits remain.
 */
export function newId(prefix: IdPrefix, nowMs: number, bucket?: number): string {
  const uuid = v7({ msecs: nowMs });
  if (bucket === undefined) return `${prefix}_${uuid}`;
  return `${prefix}_${uuid.slice(0, 15)}${bucket.toString(16).padStart(3, "0")}${uuid.slice(18)}`;
}

/** The bucket that {@link newId} put into an id. */
export function bucketInId(id: string): number {
  return Number.parseInt(id.slice(4 + 15, 4 + 18), 16) & 0x3ff;
}

/** Whether a text is an id of this kind; anything else need not be looked up. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && UUID_V7.test(text.slice(prefix.length + 1));
}

/** Unix milliseconds at which an id was made. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16);
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
