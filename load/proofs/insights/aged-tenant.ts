import { table } from "../../harness/table.ts";
import { type AgedTenant, DAY_MS, withAgedTenant } from "../ledger/aged-edge.ts";

const HOUR_MS = 3_600_000;
const DAYS = 90;
const HOURS_OF_TODAY = 12;
/** On the last day the tenant executes this many times as much as on the days before. */
const RUSH = 4;
const REPEATS = 5;
/** What the longest question may read of all objects together. */
const MAX_ROWS = 1_000;

interface Anomalies {
  data: { metric: string; direction: string; subject: { kind: string; name: string } }[];
  watched_series: number;
}

/**
 * Puts 90 days of a tenant into the ledger objects of a running server, with a rush on the last
 * day, and asks for its insights over HTTP. Prints times and rows; returns what is wrong.
 */
export async function proveAgedTenant(executions: number): Promise<string[]> {
  return withAgedTenant({}, async (tenant, start) => {
    const perHour = Math.ceil(executions / (DAYS * 24));
    for (let day = 0; day < DAYS; day++) {
      await tenant.fillDay(start + day * DAY_MS, perHour);
      await tenant.passTo(start + (day + 1) * DAY_MS + HOUR_MS / 2);
    }
    const today = start + DAYS * DAY_MS;
    await tenant.fillDay(today, RUSH * perHour, HOURS_OF_TODAY);
    await tenant.passTo(today + HOURS_OF_TODAY * HOUR_MS + HOUR_MS / 2);
    console.log(`\n${tenant.made} executions in ${DAYS} days, ${RUSH} times as many an hour on the last`);
    const span = `from=${new Date(today - 89 * DAY_MS).toISOString()}`;
    const paths = ["/v1/insights/anomalies", "/v1/insights/forecast?days=30", `/v1/insights/sla?${span}`];
    const rows = [["question", "first ms", "again ms (kept for a minute)"]];
    for (const path of paths) rows.push(await measure(tenant, path));
    console.log(table(rows));
    const { rows_read } = await tenant.measure<{ rows_read: number }>("insights", `&from=${start}&to=${today}`);
    console.log(`the insights of 90 days are ${rows_read} rows of the eight objects`);
    return [...(rows_read <= MAX_ROWS ? [] : [`they read ${rows_read} rows`]), ...(await judge(tenant))];
  });
}

async function measure(tenant: AgedTenant, path: string): Promise<string[]> {
  const time = async () => {
    const began = performance.now();
    await tenant.get(path);
    return performance.now() - began;
  };
  const first = await time();
  const again: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) again.push(await time());
  return [path.split("?")[0] ?? path, first.toFixed(0), Math.min(...again).toFixed(0)];
}

/** The rush must be found, and everything must be answered of all that was executed. */
async function judge(tenant: AgedTenant): Promise<string[]> {
  const { data, watched_series } = await tenant.get<Anomalies>("/v1/insights/anomalies");
  const rushes = data.filter(({ metric, direction }) => metric === "rate" && direction === "up");
  console.log(`${watched_series} series watched; ${data.length} anomalies, ${rushes.length} of them rates that rose`);
  const { data: limits } = await tenant.get<{ data: unknown[] }>("/v1/insights/forecast?days=30");
  const { data: prompts } = await tenant.get<{ data: unknown[] }>("/v1/insights/sla");
  return [
    ...(rushes.length > 0 ? [] : ["the rush of the last day was not found"]),
    ...(limits.length > 0 ? [] : ["no limit was forecast"]),
    ...(prompts.length > 0 ? [] : ["no objective was measured"]),
  ];
}
