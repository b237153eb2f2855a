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

/** A new id of an execution that belongs to a share, as every eighth one does. */
export function newIdIn(share: number, nowMs: number): string {
  for (;;) {
    const id = newId("exe", nowMs);
    if (shareOf(id) === share) return id;
  }
}
