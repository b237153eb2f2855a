import type { OperationResult } from "../../../client/index.ts";

/** The latencies of an hour or a day. */
export type LatencyRow = NonNullable<OperationResult<"GET /v1/insights/sla">["over_time"]>[number];

/** Latencies at the times of a plot; null where nothing was executed. */
export function alignedLatencies(rows: readonly LatencyRow[], times: readonly number[]) {
  const byTime = new Map(rows.map((row) => [Date.parse(row.at), row]));
  const valuesOf = (name: "p50_ms" | "p95_ms" | "p99_ms") => times.map((at) => byTime.get(at)?.[name] ?? null);
  return { p50: valuesOf("p50_ms"), p95: valuesOf("p95_ms"), p99: valuesOf("p99_ms") };
}
