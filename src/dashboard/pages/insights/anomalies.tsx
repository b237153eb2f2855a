import { useRead } from "../../api/use-api.ts";
import { type ShownAnomaly, anomalyHref, METRICS } from "../../ui/anomaly.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, decimal, duration, percent, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const EVERY_MS = 30_000;

/** What each metric is measured in. */
const FORMATS: Record<ShownAnomaly["metric"], (value: number) => string> = {
  rate: (value) => `${decimal(value)}/h`,
  errors: percent,
  latency: duration,
  cost: usd,
  quality: percent,
};

/** What was unusual in the last week. */
export function AnomaliesTab() {
  const { data, error, isPending, refetch } = useRead("GET /v1/insights/anomalies", {}, { everyMs: EVERY_MS });
  return (
    <>
      <ErrorBox error={error} retry={() => void refetch()} />
      <Panel class="flush">
        <Table
          label="Anomalies of the last week"
          columns={COLUMNS}
          items={data?.data ?? []}
          keyOf={({ subject, metric, since }) => `${subject.kind} ${subject.name} ${metric} ${since}`}
          isPending={isPending}
          empty={<Empty title="Nothing was unusual in the last week." />}
        />
      </Panel>
      {data && (
        <p class="muted">
          {count(data.watched_series)} series are watched, {count(data.learning_series)} more have too little history.
          About {decimal(data.false_alarms_a_week)} false alarms a week are expected.
        </p>
      )}
    </>
  );
}

const COLUMNS: readonly Column<ShownAnomaly>[] = [
  {
    title: "Subject",
    width: "minmax(8rem, 2fr)",
    cell: (anomaly) => <a href={anomalyHref(anomaly)}>{anomaly.subject.name}</a>,
  },
  { title: "What", width: "minmax(8rem, 1.4fr)", cell: ({ metric, direction }) => `${METRICS[metric]} ${direction}` },
  { title: "Severity", width: "6rem", cell: ({ severity }) => <Severity severity={severity} /> },
  { title: "Since", width: "6rem", wide: true, cell: ({ since }) => <Time at={since} /> },
  {
    title: "Until",
    width: "6rem",
    cell: ({ until }) => (until === null ? <Badge tone="bad">open</Badge> : <Time at={until} />),
  },
  {
    title: "Observed",
    width: "7rem",
    align: "right",
    wide: true,
    cell: ({ metric, worst }) => FORMATS[metric](worst.observed),
  },
  {
    title: "Expected",
    width: "minmax(9rem, 1fr)",
    align: "right",
    wide: true,
    cell: ({ metric, worst }) => `${FORMATS[metric](worst.low)} to ${FORMATS[metric](worst.high)}`,
  },
];

function Severity({ severity }: { severity: ShownAnomaly["severity"] }) {
  return <Badge tone={severity === "critical" ? "bad" : "warn"}>{severity}</Badge>;
}
