import { md5Prefix } from "../../lib/hash.ts";
import { newId } from "../id.ts";
import { LEDGER_SHARES } from "./ledger-messages.ts";

/**
 * The objects of a large tenant's ledger: those of all tenants, and more. Ids name their share, so
 * that this number may grow, up to the 256 that an id can name.
 */
export const LARGE_LEDGER_SHARES = 192;

/**
 * Ids that name their share have a UUID of version 8 with the share where a UUID of version 7 has
 * random bits: `exe_xxxxxxxx-xxxx-80ss-…`. Times and their order are the same in both.
 */
const VERSION_AT = "exe_xxxxxxxx-xxxx-".length;
const NAMES_SHARE = "8";

const ALL_SHARES = Array.from({ length: LEDGER_SHARES }, (_, share) => share);

/**
 * The share of an execution, by its id and nothing else: the object that holds its record. Whatever
 * the settings are and were, all isolates and objects find the same.
 */
export function shareOf(id: string): number {
  return namesShare(id) ? Number.parseInt(shareIn(id), 16) : md5Prefix(id) % LEDGER_SHARES;
}

/** The share whose object keeps intents while the one that they belong to does not. */
export function standInFor(id: string): number {
  const share = shareOf(id);
  return namesShare(id) ? share ^ 1 : (share + 1) % LEDGER_SHARES;
}

/** The shares whose objects may hold intents of an execution. */
export function intentSharesOf(id: string): readonly number[] {
  // In a block of older versions it may lie with any that began at the same time.
  return namesShare(id) ? [shareOf(id), standInFor(id)] : ALL_SHARES;
}

/** Whether the intents of two executions may lie in one block, where both are found. */
export function areNeighbours(id: string, other: string): boolean {
  return namesShare(id) === namesShare(other) && (!namesShare(id) || shareOf(id) === shareOf(other));
}

/** The share that has a tenant's executions while they are rare. */
export function homeShareOf(tenantId: string): number {
  return md5Prefix(tenantId) % LEDGER_SHARES;
}

/** The last byte of an id, in hexadecimal. */
const LAST_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * A new id of an execution that belongs to a share, as every eighth one does. Only the last byte of
 * a new id is tried, from a random one on, because to draw an id takes longer than to place it.
 */
export function newIdIn(share: number, nowMs: number): string {
  for (;;) {
    const drawn = newId("exe", nowMs);
    const stem = drawn.slice(0, -2);
    const first = LAST_BYTES.indexOf(drawn.slice(-2));
    for (let step = 0; step < LAST_BYTES.length; step += 1) {
      const id = `${stem}${LAST_BYTES[(first + step) % LAST_BYTES.length]}`;
      if (shareOf(id) === share) return id;
    }
  }
}

/** A new id of an execution of a large tenant, which names its share. */
export function newIdNaming(share: number, nowMs: number): string {
  const drawn = newId("exe", nowMs);
  const named = `${NAMES_SHARE}${share.toString(16).padStart(3, "0")}`;
  return `${drawn.slice(0, VERSION_AT)}${named}${drawn.slice(VERSION_AT + named.length)}`;
}

/** Whether an id names its share. */
function namesShare(id: string): boolean {
  return id[VERSION_AT] === NAMES_SHARE;
}

function shareIn(id: string): string {
  return id.slice(VERSION_AT + 1, VERSION_AT + 4);
}
