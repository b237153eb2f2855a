import type { LedgerEntry } from "../../src/domain/ledger/entry.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import type { LedgerObject } from "../../src/domain/ledger/ledger-messages.ts";
import { shareOf } from "../../src/domain/ledger/shares.ts";
import { historyOf, type PastOfTenant } from "./history.ts";

/** The ledger objects of a local server. */
export interface LocalLedgers {
  getByName(name: string): Pick<LedgerObject, "append">;
}

/** The most records of one append. */
const STEP = 500;

/**
 * Puts a tenant's past on record: the ledger takes executions of earlier hours as it takes late
 * ones, and counts them in these. Returns how many there are.
 */
export async function plantHistory(ledgers: LocalLedgers, past: PastOfTenant): Promise<number> {
  const waiting = new Map<number, LedgerEntry[]>();
  let planted = 0;
  const write = async (share: number) => {
    const entries = waiting.get(share) ?? [];
    waiting.set(share, []);
    if (entries.length > 0) await ledgers.getByName(`${past.tenant_id}/${share}`).append(entries);
  };
  for (const executions of historyOf(past)) {
    planted += executions.length;
    for (const execution of executions) {
      const share = shareOf(execution.id);
      const entries = waiting.get(share) ?? [];
      entries.push(toEntry(execution));
      waiting.set(share, entries);
      if (entries.length >= STEP) await write(share);
    }
  }
  for (const share of waiting.keys()) await write(share);
  return planted;
}
