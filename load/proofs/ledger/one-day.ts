import { table } from "../../harness/table.ts";
import { DAY_MS, withAgedTenant } from "./aged-edge.ts";
import type { LedgerSizes } from "./aged-worker.ts";

const HOUR_MS = 3_600_000;
/** The source's load. */
const A_DAY = 10_000_000;
/** A day takes more than this, so that the objects are full with it alone. */
const FULL = { LEDGER_MAX_BYTES: "1000000", LEDGER_RECENT_DAYS: "7" };

/**
 * Delivers a day of executions, and prints what it takes in the databases, and in R2 once the
 * retention ran: because the recent days are over, and because the databases are full. Both must
 * leave no record in the databases. Returns what is wrong.
 */
export async function proveDay(executions: number): Promise<string[]> {
  const byAge = await keepDay("after seven days", { LEDGER_RECENT_DAYS: "7" }, executions, 8);
  const bySize = await keepDay("when the databases are full", FULL, executions, 1);
  return [...byAge, ...bySize];
}

async function keepDay(title: string, vars: Record<string, string>, executions: number, days: number) {
  return withAgedTenant(vars, async (tenant, start) => {
    await tenant.fillDay(start, Math.ceil(executions / 24));
    const during = await tenant.sizes();
    // A day that took a record a moment ago is not archived for six hours.
    await tenant.passTo(start + days * DAY_MS + 7 * HOUR_MS);
    const after = await tenant.sizes();
    printDay(title, tenant.made, { during, after });
    return [
      ...(during.records === tenant.made ? [] : [`${during.records} of ${tenant.made} records are in the databases`]),
      ...(after.records === 0 ? [] : [`${after.records} records stay in the databases ${title}`]),
      ...(after.archivedRecords === tenant.made ? [] : [`${after.archivedRecords} of ${tenant.made} are in R2`]),
    ];
  });
}

function printDay(title: string, made: number, { during, after }: Record<"during" | "after", LedgerSizes>): void {
  const row = (name: string, bytes: number) => [
    name,
    `${(bytes / 1e6).toFixed(1)} MB`,
    (bytes / made).toFixed(0),
    `${((bytes / made) * (A_DAY / 1e9)).toFixed(2)} GB`,
  ];
  console.log(`\na day of ${made} executions; the retention runs ${title}`);
  console.log(
    table([
      ["", "measured", "bytes an execution", `at ${A_DAY / 1e6} million a day`],
      row("records, in blocks and fresh", during.recordBytes),
      row("databases during the day", during.databaseBytes),
      row("databases after the retention", after.databaseBytes),
      row(`R2, in ${after.blocks} blocks`, after.archivedBytes),
    ]),
  );
}
