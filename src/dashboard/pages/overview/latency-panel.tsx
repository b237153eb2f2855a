import { useScope } from "../../api/session.tsx";
import { useRead } from "../../api/use-api.ts";
import type { ShownAnomaly } from "../../ui/anomaly.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { duration } from "../../ui/format.ts";
import { Panel } from "../../ui/page.tsx";
import type { PlotMark } from "../../ui/plot-series.ts";
import { Plot } from "../../ui/plot.tsx";
import type { TimeRange } from "../../ui/time-range-of.ts";
import { AnomalyList } from "./anomaly-list.tsx";
import { alignedLatencies } from "./latency-series.ts";

const EVERY_MS = 60_000;

interface LatencyPanelProps {
  range: TimeRange;
  by: "hour" | "day";
  /** The times of the other plots. */
  times: readonly number[];
  anomalies: readonly ShownAnomaly[];
  marksOf: (anomalies: readonly ShownAnomaly[]) => PlotMark[];
}

/** How long executions took over a time. */
export function LatencyPanel({ range, by, times, anomalies, marksOf }: LatencyPanelProps) {
  const query = { from: range.from, to: range.to, over_time: by };
  const enabled = useScope("usage:read");
  const { data, error } = useRead("GET /v1/insights/sla", { query }, { everyMs: EVERY_MS, enabled });
  const { p50, p95, p99 } = alignedLatencies(data?.over_time ?? [], times);
  return (
    <Panel title="Latency" aside={<span class="muted">without the batch lane</span>}>
      <ErrorBox error={error} />
      <Plot
        label={`Latency percentiles by the ${by} over the last ${range.name}`}
        times={times}
        series={[
          { title: "p50", values: p50, color: 3 },
          { title: "p95", values: p95, color: 2 },
          { title: "p99", values: p99, color: 5 },
        ]}
        format={duration}
        marks={marksOf(anomalies)}
        sync="history"
        isDays={by === "day"}
      />
      <AnomalyList anomalies={anomalies} />
    </Panel>
  );
}
