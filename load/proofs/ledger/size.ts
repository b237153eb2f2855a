import { withCleanup } from "../../harness/cleanup.ts";
import { startMock } from "../../harness/mock.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { table } from "../../harness/table.ts";
import type { FillRequest, LedgerSizes } from "./aged-worker.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 90;
/** Hours of a day that have executions. */
const BUSY_HOURS = [1, 9, 14, 20];
/** Usage of 90 days reads at most this number of rows in all. */
const MAX_ROWS = 1_000;
const REPEATS = 7;
const GROUPINGS = ["", "prompt", "model,provider", "key,lane", "tag", "day", "prompt,version,label", "user", "hour"];

/** A tenant's API key, and the id of the tenant. */
interface Owner {
  key: string;
  tenant: string;
}

/**
 * Fills 90 days of a tenant through the ledger's own append, lets the days be archived, and
 * measures what usage and lists read.
 */
export async function proveSize(executions: number): Promise<string[]> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = stopLater(await RestartableEdge.prepare(mock, { entry: "load/proofs/ledger/aged-worker.ts" }));
    const url = await edge.start();
    const owner = await createOwner(url, edge.rootKey);
    // All of it is in the future, so that the engine's alarms, which know the real time, keep
    // still.
    const start = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;
    const began = performance.now();
    const made = await fillDays(url, owner, start, executions);
    const seconds = (performance.now() - began) / 1000;
    console.log(`${made} executions appended and archived in ${seconds.toFixed(0)} s`);
    await printSizes(url, owner);
    const rows = await measureUsage(url, owner, start);
    await printLists(url, owner);
    return rows > MAX_ROWS ? [`usage of 90 days reads ${rows} rows`] : [];
  });
}

async function createOwner(url: string, rootKey: string): Promise<Owner> {
  const headers = { authorization: `Bearer ${rootKey}`, "content-type": "application/json" };
  const response = await fetch(`${url}/v1/tenants`, { method: "POST", headers, body: '{"name":"large"}' });
  const { tenant, key } = (await response.json()) as { tenant: { id: string }; key: { secret: string } };
  return { tenant: tenant.id, key: key.secret };
}

async function fillDays(url: string, { tenant }: Owner, start: number, executions: number): Promise<number> {
  const perHour = Math.ceil(executions / DAYS / BUSY_HOURS.length);
  let first = 0;
  for (let day = 0; day < DAYS; day++) {
    for (const hour of BUSY_HOURS) {
      const hourStart = start + day * DAY_MS + hour * HOUR_MS;
      await put(`${url}/aged/clock`, { to: hourStart + HOUR_MS / 2 });
      const request: FillRequest = { tenant, hourStart, count: perHour, first };
      await put(`${url}/aged/fill`, request);
      first += perHour;
    }
    // Each day ends with what is due in the objects: packing, and the archive of older days.
    await put(`${url}/aged/clock`, { tenant, to: start + (day + 1) * DAY_MS + HOUR_MS / 2 });
  }
  return first;
}

async function printSizes(url: string, { key, tenant }: Owner): Promise<void> {
  const sizes = await getJson<LedgerSizes[]>(`${url}/aged/sizes?tenant=${tenant}`, key);
  const total = (name: keyof LedgerSizes) => sizes.reduce((sum, size) => sum + size[name], 0);
  console.log(
    `databases: ${sizes.map(({ databaseBytes }) => (databaseBytes / 1e6).toFixed(1)).join(" + ")} MB; ` +
      `R2: ${total("archivedRecords")} records in ${total("blocks")} blocks, ` +
      `${(total("archivedBytes") / total("archivedRecords")).toFixed(0)} bytes an execution`,
  );
}

/** Prints the times and rows of usage by several dimensions. Returns the most rows. */
async function measureUsage(url: string, { key, tenant }: Owner, start: number): Promise<number> {
  const end = start + DAYS * DAY_MS;
  const times = `from=${new Date(start).toISOString()}&to=${new Date(end).toISOString()}`;
  const rows = [["usage of 90 days by", "groups", "rows read", "ms of GET /v1/usage"]];
  let most = 0;
  for (const group of GROUPINGS) {
    const by = group === "" ? "" : `&group_by=${group}`;
    const ms = await medianOf(async () => getJson(`${url}/v1/usage?${times}${by}`, key));
    const path = `${url}/aged/usage?tenant=${tenant}&from=${start}&to=${end}${by}`;
    const read = await getJson<{ groups: number; rows_read: number }>(path, key);
    most = Math.max(most, read.rows_read);
    rows.push([group === "" ? "(one row)" : group, String(read.groups), String(read.rows_read), ms.toFixed(1)]);
  }
  console.log(table(rows));
  return most;
}

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(REPEATS / 2)] ?? 0;
}

async function printLists(url: string, { key, tenant }: Owner): Promise<void> {
  for (const query of ["", "&status=failed"]) {
    const began = performance.now();
    const { found, rows_read } = await getJson<{ found: number; rows_read: number }>(
      `${url}/aged/list?tenant=${tenant}${query}`,
      key,
    );
    const ms = (performance.now() - began).toFixed(1);
    console.log(`a page of ids${query}: ${found} found, ${rows_read} rows and archived records read, ${ms} ms`);
  }
}

async function getJson<T>(url: string, key: string): Promise<T> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function put(url: string, body: object): Promise<void> {
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}
