import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useRead } from "../../api/use-api.ts";
import { anomaliesIn, type ShownAnomaly, anomalyHref, anomalyText } from "../../ui/anomaly.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { change, count, percent, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import type { PlotMark } from "../../ui/plot-series.ts";
import { Plot } from "../../ui/plot.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import type { TimeRange } from "../../ui/time-range-of.ts";
import { AnomalyList } from "./anomaly-list.tsx";
import { LatencyPanel } from "./latency-panel.tsx";
import { TopPrompts } from "./top-prompts.tsx";
import { totalOf, type UsedRow, type UsageTotal, usageOverTime } from "./usage-series.ts";

const EVERY_MS = 30_000;
/** Longer ranges are shown by the day. */
const MOST_HOURS = 168;

/** What was used in a time and in the one before it, with what was unusual. */
export function HistoryPart({ range, picker }: { range: TimeRange; picker: ComponentChildren }) {
  const by = range.hours > MOST_HOURS ? "day" : "hour";
  const ask = (from: string, to: string) => ({ query: { from, to, group_by: by } });
  const now = useRead("GET /v1/usage", ask(range.from, range.to), { everyMs: EVERY_MS });
  const before = useRead("GET /v1/usage", ask(range.before.from, range.before.to));
  const anomalies = useRead("GET /v1/insights/anomalies", {}, { everyMs: EVERY_MS });
  const rows = (now.data?.data ?? []) as UsedRow[];
  const rowsBefore = (before.data?.data ?? []) as UsedRow[];
  const total = totalOf(rows);
  const totalBefore = totalOf(rowsBefore);
  const isEmpty = now.data && total.executions === 0 && totalBefore.executions === 0;
  return (
    <section class="stack" aria-label="History">
      <div class="row between">
        <h2>
          Last {range.name} <span class="muted">against the {range.name} before</span>
        </h2>
        {picker}
      </div>
      <ErrorBox error={now.error ?? before.error} />
      <Totals total={total} before={totalBefore} />
      {isEmpty ? (
        <Panel>
          <Empty
            title="Nothing was executed in this time. Publish a prompt and execute it:"
            command={"npx pbt-edge push prompts\nnpx pbt-edge exec <prompt> --var name=value"}
          />
        </Panel>
      ) : (
        <HistoryPlots {...{ range, by, rows, rowsBefore }} anomalies={anomalies.data?.data ?? []} />
      )}
      <TopPrompts range={range} />
    </section>
  );
}

function Totals({ total, before }: { total: UsageTotal; before: UsageTotal }) {
  const share = ({ errors, executions }: UsageTotal) => (executions === 0 ? null : errors / executions);
  const hitShare = ({ hits, executions }: UsageTotal) => (executions === 0 ? null : hits / executions);
  const against = (of: (sums: UsageTotal) => number | null) => {
    const by = change(of(total), of(before));
    return by === null ? "nothing before" : `${by} against before`;
  };
  const tokens = ({ prompt_tokens, completion_tokens }: UsageTotal) => prompt_tokens + completion_tokens;
  return (
    <Stats>
      <Stat label="Executions" value={count(total.executions)} note={against((sums) => sums.executions)} />
      <Stat label="Errors" value={percent(share(total))} note={`${percent(share(before))} before`} />
      <Stat label="Cost" value={usd(total.cost_usd)} note={against((sums) => sums.cost_usd)} />
      <Stat label="Saved by caches" value={usd(total.saved_usd)} note={against((sums) => sums.saved_usd)} />
      <Stat
        label="Tokens"
        value={count(tokens(total))}
        note={`${count(total.prompt_tokens)} in, ${count(total.completion_tokens)} out`}
      />
      <Stat label="From caches" value={percent(hitShare(total))} note={`${percent(hitShare(before))} before`} />
    </Stats>
  );
}

interface HistoryPlotsProps {
  range: TimeRange;
  by: "hour" | "day";
  rows: UsedRow[];
  rowsBefore: UsedRow[];
  anomalies: readonly ShownAnomaly[];
}

/** The plots of a time, and which of the sums each shows. */
const PLOTS = [
  { title: "Executions", of: (sums: UsageTotal) => sums.executions, format: count, metrics: ["rate"] },
  { title: "Cost", of: (sums: UsageTotal) => sums.cost_usd, format: usd, metrics: ["cost"] },
  { title: "Errors", of: (sums: UsageTotal) => sums.errors, format: count, metrics: ["errors", "quality"] },
  {
    title: "Tokens",
    of: (sums: UsageTotal) => sums.prompt_tokens + sums.completion_tokens,
    format: count,
    metrics: [],
  },
] as const;

function HistoryPlots({ range, by, rows, rowsBefore, anomalies }: HistoryPlotsProps) {
  const now = useMemo(() => usageOverTime(rows, { ...range, by }), [rows, range.from, by]);
  const before = useMemo(() => usageOverTime(rowsBefore, { ...range.before, by }), [rowsBefore, range.from, by]);
  return (
    <div class="grid">
      {PLOTS.map(({ title, of, format, metrics }) => {
        const shown = anomaliesIn(anomalies, range).filter(({ metric }) => metrics.some((each) => each === metric));
        return (
          <Panel key={title} title={title}>
            <Plot
              label={`${title} by the ${by} over the last ${range.name}, with the time before`}
              times={now.times}
              series={[
                { title: "now", values: now.sums.map(of), isArea: true },
                { title: "before", values: before.sums.slice(0, now.times.length).map(of), isFaint: true, color: 8 },
              ]}
              format={format}
              marks={marksOf(shown)}
              sync="history"
              isDays={by === "day"}
            />
            <AnomalyList anomalies={shown} />
          </Panel>
        );
      })}
      <LatencyPanel
        {...{ range, by }}
        times={now.times}
        anomalies={anomaliesIn(anomalies, range).filter(({ metric }) => metric === "latency")}
        marksOf={marksOf}
      />
    </div>
  );
}

/** Anomalies as marks of a plot, which lead to their executions. */
function marksOf(anomalies: readonly ShownAnomaly[]): PlotMark[] {
  return anomalies.map((anomaly) => ({
    from: Date.parse(anomaly.since),
    to: anomaly.until === null ? null : Date.parse(anomaly.until),
    title: anomalyText(anomaly),
    tone: anomaly.severity === "critical" ? "bad" : "warn",
    href: anomalyHref(anomaly),
  }));
}
