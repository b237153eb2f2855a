import { table } from "../../harness/table.ts";
import { type AgedTenant, DAY_MS, withAgedTenant } from "./aged-edge.ts";
import { CARDINALITY } from "./large-tenant.ts";

const HOUR_MS = 3_600_000;
const DAYS = 90;
/**
 * The hours of the day on which the tenant is measured: usage up to now reads a day that is open.
 */
const HOURS_OF_TODAY = 12;
/** Days that records stay in the databases after their own. */
const RECENT_DAYS = 7;
/** Usage of 90 days reads at most this number of rows in all. */
const MAX_ROWS = 1_000;
const REPEATS = 20;
/**
 * All dimensions one by one, some together that have an extract, and some that have none at first.
 */
const GROUPINGS = [
  "",
  "prompt",
  "version",
  "label",
  "model",
  "provider",
  "key",
  "tag",
  "lane",
  "day",
  "hour",
  "user",
  "model,provider",
  "key,lane",
  "prompt,version,label",
  "day,model",
  "hour,lane",
  "prompt,model",
  "prompt,key,model",
];

/**
 * What a grouping took. Times in ms: the first query, the median of more, and what the engine
 * computed for one of these, which does not depend on what else the machine does.
 */
interface Measured {
  groups: number;
  rows: number;
  firstMs: number;
  ms: number;
  computedMs: number;
}

/**
 * Fills 90 days and a half of a tenant through the Worker's consumer of the usage queue, lets the
 * days be archived, and measures what usage and lists read. Returns what is wrong.
 */
export async function proveSize(executions: number): Promise<string[]> {
  return withAgedTenant({ LEDGER_RECENT_DAYS: String(RECENT_DAYS) }, async (tenant, start) => {
    const began = performance.now();
    const perHour = Math.ceil(executions / (DAYS * 24 + HOURS_OF_TODAY));
    for (let day = 0; day < DAYS; day++) {
      await tenant.fillDay(start + day * DAY_MS, perHour);
      // Each day ends with what is due in the objects: packing, and the archive of older days.
      await tenant.passTo(start + (day + 1) * DAY_MS + HOUR_MS / 2);
    }
    await tenant.fillDay(start + DAYS * DAY_MS, perHour, HOURS_OF_TODAY);
    const seconds = (performance.now() - began) / 1000;
    console.log(`\n${tenant.made} executions in ${DAYS} days: ${CARDINALITY}; delivered in ${seconds.toFixed(0)} s`);
    const faults = await checkKept(tenant, perHour);
    const today = start + DAYS * DAY_MS;
    const now = today + (HOURS_OF_TODAY - 0.25) * HOUR_MS;
    const rows = [
      await measureUsage(tenant, "90 whole days", start, today),
      await measureUsage(tenant, "90 days until now", now - DAYS * DAY_MS, now),
    ];
    await printLists(tenant);
    return [...faults, ...rows.flatMap((most) => (most > MAX_ROWS ? [`usage of 90 days reads ${most} rows`] : []))];
  });
}

/** Prints what is kept where. The databases must have the recent days' records and no others. */
async function checkKept(tenant: AgedTenant, perHour: number): Promise<string[]> {
  const { databaseBytes, records, recordBytes, rollupBytes, archivedRecords, archivedBytes } = await tenant.sizes();
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `databases ${mb(databaseBytes)}: ${records} records of the last days in ${mb(recordBytes)}, ` +
      `sums ${mb(rollupBytes)}; R2: ${archivedRecords} records in ${mb(archivedBytes)}`,
  );
  const recent = (RECENT_DAYS * 24 + HOURS_OF_TODAY) * perHour;
  return [
    ...(records === recent ? [] : [`the databases have ${records} records, not the ${recent} of the recent days`]),
    ...(records + archivedRecords === tenant.made ? [] : [`${records} + ${archivedRecords} of ${tenant.made} records`]),
  ];
}

/** Prints the rows and times of usage by each grouping. Returns the most rows. */
async function measureUsage(tenant: AgedTenant, title: string, from: number, to: number): Promise<number> {
  const rows = [
    [`usage of ${title} by`, "groups", "rows read", "first ms", `ms (median of ${REPEATS})`, "computed ms"],
  ];
  let most = 0;
  for (const group of GROUPINGS) {
    const measured = await measureGrouping(tenant, group, { from, to });
    most = Math.max(most, measured.rows);
    const { groups, firstMs, ms, computedMs } = measured;
    const times = [firstMs, ms, computedMs].map((time) => time.toFixed(1));
    rows.push([group || "(one row)", String(groups), String(measured.rows), ...times]);
  }
  console.log(table(rows));
  return most;
}

async function measureGrouping(
  tenant: AgedTenant,
  group: string,
  { from, to }: { from: number; to: number },
): Promise<Measured> {
  const by = group === "" ? "" : `&group_by=${group}`;
  const path = `/v1/usage?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}${by}`;
  const time = async () => {
    const began = performance.now();
    await tenant.get(path);
    return performance.now() - began;
  };
  const firstMs = await time();
  const before = tenant.computedMs();
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) times.push(await time());
  const computedMs = (tenant.computedMs() - before) / REPEATS;
  const query = `&from=${from}&to=${to}${by}`;
  const { groups, rows_read: rows } = await tenant.measure<{ groups: number; rows_read: number }>("usage", query);
  return { groups, rows, firstMs, ms: times.toSorted((a, b) => a - b)[REPEATS / 2] ?? 0, computedMs };
}

async function printLists(tenant: AgedTenant): Promise<void> {
  for (const query of ["", "&status=failed"]) {
    const began = performance.now();
    const { found, rows_read } = await tenant.measure<{ found: number; rows_read: number }>("list", query);
    const ms = (performance.now() - began).toFixed(1);
    console.log(`a page of ids${query}: ${found} found, ${rows_read} rows and archived records read, ${ms} ms`);
  }
}
