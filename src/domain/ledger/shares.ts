import { md5Prefix } from "../../lib/hash.ts";
import { newId } from "../id.ts";
import { LEDGER_SHARES } from "./ledger-messages.ts";

/** The share of an execution, by its id: the object that holds its record. */
export function shareOf(id: string): number {
  return md5Prefix(id) % LEDGER_SHARES;
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
