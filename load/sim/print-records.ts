import { percent } from "../harness/numbers.ts";
import { table } from "../harness/table.ts";
import { databaseLoads } from "./bottlenecks.ts";
import type { SiteLoad } from "./object-site.ts";
import type { RecordFigures } from "./simulate-records.ts";

/** A finished simulation of records, and what it took here. */
export interface FinishedRecords {
  figures: RecordFigures;
  cpu_s: number;
}

/** What was asked of the databases: a column for each load. */
export function recordsTable(finished: readonly FinishedRecords[]): string {
  const row = (name: string, of: (figures: RecordFigures) => string) => [
    name,
    ...finished.map((each) => of(each.figures)),
  ];
  const spread = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  const used = (figures: RecordFigures, name: string) =>
    percent(databaseLoads(figures).find((each) => each.name === name)?.used ?? 0);
  return table([
    row("records", ({ plan }) => plan.name),
    row("simulated part", ({ plan }) => `1 in ${(1 / plan.part).toFixed(0)}`),
    row("requests/s", ({ plan }) => plan.per_s.toFixed(0)),
    row("simulated requests", ({ requests }) => String(requests)),
    row("isolates", ({ isolates }) => String(isolates)),
    row("D1 queries/s", ({ plan, databases }) => ((databases.primary + databases.replica) / plan.seconds).toFixed(0)),
    row("by replicas", ({ databases: { primary, replica } }) => percent(replica / Math.max(1, primary + replica), 1)),
    row("busiest primary", (figures) => used(figures, "D1 primary")),
    row("busiest replica", (figures) => used(figures, "D1 replica")),
    row("shard skew (most / mean)", (figures) => skewOf(figures).toFixed(2)),
    row("read p50 / p99 ms, primary", ({ databases }) => spread(databases.primary_ms)),
    row("read p50 / p99 ms, replica", ({ databases }) => spread(databases.replica_ms)),
    row("records p50 / p99 ms, a request", ({ resolve_ms }) => spread(resolve_ms)),
    row("replica lag p50 / p99 ms", ({ databases }) => spread(databases.lag_ms)),
    row("reads beyond the lag bound", ({ databases }) => String(databases.beyond_lag)),
    row("own writes not seen", ({ databases }) => `${databases.missed_own} of ${databases.own_reads}`),
    row("copies beyond their bound", ({ databases }) => String(databases.too_old)),
    row("failed requests", ({ failed }) => String(failed)),
    ["time here, s of a core", ...finished.map(({ cpu_s }) => cpu_s.toFixed(0))],
  ]);
}

/** The queries of the shard that is asked most, by the mean of all. */
function skewOf({ loads }: RecordFigures): number {
  const ofShards = Map.groupBy(loads, ({ name }) => name.split("/", 1)[0] ?? "");
  const sums = [...ofShards.values()].map((some) => some.reduce((sum, { busy_ms }: SiteLoad) => sum + busy_ms, 0));
  return Math.max(...sums) / Math.max(1, sums.reduce((sum, each) => sum + each, 0) / sums.length);
}
