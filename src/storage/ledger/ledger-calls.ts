import type { Execution } from "../../domain/executions/execution.ts";
import { fromRecord, type LedgerEntry } from "../../domain/ledger/entry.ts";
import type { FeedbackEntry, LedgerObject } from "../../domain/ledger/ledger-messages.ts";

/** The most characters of records in one call; a call between Workers carries 32 MiB. */
const MAX_APPEND = 8_000_000;

/** Reads records, in as many calls as their size needs. */
export async function findIn(ledger: LedgerObject, ids: readonly string[]) {
  const records: Execution[] = [];
  const feedback: FeedbackEntry[] = [];
  for (let left: readonly string[] = ids; left.length > 0;) {
    const found = await ledger.find(left);
    records.push(...found.records.map(fromRecord));
    feedback.push(...found.feedback);
    ({ left } = found);
  }
  return { records, feedback };
}

/** Divides entries so that each call can carry its own. */
export function inCalls(entries: readonly LedgerEntry[]): LedgerEntry[][] {
  const calls: LedgerEntry[][] = [];
  let room = 0;
  for (const entry of entries) {
    if (entry.record.length > room) {
      calls.push([]);
      room = MAX_APPEND;
    }
    calls.at(-1)?.push(entry);
    room -= entry.record.length;
  }
  return calls;
}
