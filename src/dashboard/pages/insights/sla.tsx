import type { OperationResult } from "../../../client/index.ts";
import { useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, decimal, duration, percent } from "../../ui/format.ts";
import { Empty, Panel, Skeleton } from "../../ui/page.tsx";
import { PlainTable, type Column } from "../../ui/table.tsx";
import { useTimeRange } from "../../ui/time-range.tsx";

const EVERY_MS = 30_000;
const HEIGHT_PX = 300;
/**
 * Burn rates at which on-call engineers are woken: 2 % of a month's budget in an hour, 5 % in six,
 * 10 % in three days.
 */
const ALARMING = { "1h": 14.4, "6h": 6, "3d": 1 } as const;

type SlaRow = OperationResult<"GET /v1/insights/sla">["data"][number];
type Window = keyof typeof ALARMING;

/** How prompts keep their objectives, and how fast they use up what they may miss. */
export function SlaTab() {
  const { range, picker } = useTimeRange("7d");
  const query = { from: range.from, to: range.to };
  const { data, error, refetch } = useRead("GET /v1/insights/sla", { query }, { everyMs: EVERY_MS });
  return (
    <>
      <div class="row end">{picker}</div>
      <ErrorBox error={error} retry={() => void refetch()} />
      <Panel title="Objectives by prompt">
        {!data && !error && <Skeleton height={HEIGHT_PX} />}
        {data?.data.length === 0 && (
          <Empty title="Nothing was executed in this time." command="npx pbt-edge exec <prompt>" />
        )}
        {data && data.data.length > 0 && (
          <PlainTable label="Objectives by prompt" items={data.data} keyOf={({ prompt }) => prompt} columns={COLUMNS} />
        )}
      </Panel>
      <Panel title="Satisfaction by version">
        <Satisfaction rows={data?.data ?? []} />
      </Panel>
      <p class="muted">
        A burn rate of 1 uses up exactly what the objective allows. Marked are 14.4 in 1 h, 6 in 6 h and 1 in 3 d. A
        prompt sets its objective in its file:{" "}
        <code>metadata: {"{sla: {availability: 0.999, latency_ms: 1500, percentile: 99}}"}</code>
      </p>
    </>
  );
}

const COLUMNS: readonly Column<SlaRow>[] = [
  { title: "Prompt", cell: ({ prompt }) => <a href={`/app/prompts/${encodeURIComponent(prompt)}`}>{prompt}</a> },
  { title: "Executions", align: "right", wide: true, cell: ({ executions }) => count(executions) },
  {
    title: "Availability",
    align: "right",
    cell: ({ measured, objective }) => <Kept value={measured.availability} goal={objective.availability} />,
  },
  {
    title: "Without the provider's part",
    align: "right",
    wide: true,
    cell: ({ without_provider }) => percent(without_provider.availability),
  },
  {
    title: "Latency",
    align: "right",
    cell: ({ measured, objective }) => <Latency measured={measured.latency_ms} objective={objective} />,
  },
  ...(Object.keys(ALARMING) as Window[]).map((window): Column<SlaRow> => ({
    title: `Burn ${window}`,
    align: "right",
    cell: ({ burn }) => <Burn rate={burn[window].measured.availability_burn} alarming={ALARMING[window]} />,
  })),
];

function Kept({ value, goal }: { value: number | null; goal: number }) {
  return (
    <span class={value !== null && value < goal ? "bad" : ""}>
      {percent(value)} <span class="muted">of {percent(goal)}</span>
    </span>
  );
}

function Latency({ measured, objective }: { measured: number | null; objective: SlaRow["objective"] }) {
  return (
    <span class={measured !== null && measured > objective.latency_ms ? "bad" : ""}>
      p{objective.percentile} {duration(measured)} <span class="muted">of {duration(objective.latency_ms)}</span>
    </span>
  );
}

function Burn({ rate, alarming }: { rate: number | null; alarming: number }) {
  const isAlarming = rate !== null && rate >= alarming;
  return (
    <span class={isAlarming ? "bad" : ""}>
      {decimal(rate)}
      {isAlarming && " !"}
    </span>
  );
}

function Satisfaction({ rows }: { rows: readonly SlaRow[] }) {
  const scores = rows.flatMap(({ prompt, satisfaction }) => satisfaction.map((each) => ({ prompt, ...each })));
  if (scores.length === 0) {
    return (
      <Empty
        title="Nobody has given feedback yet."
        command={`curl $PBT_URL/v1/executions/<id>/feedback -H "authorization: Bearer $PBT_KEY" -H 'content-type: application/json' -d '{"score": 1}'`}
      />
    );
  }
  return (
    <PlainTable
      label="Satisfaction by version"
      items={scores}
      keyOf={({ prompt, version }) => `${prompt} ${version}`}
      columns={[
        { title: "Prompt", cell: ({ prompt }) => prompt },
        { title: "Version", align: "right", cell: ({ version }) => version },
        { title: "Ratings", align: "right", cell: ({ ratings }) => count(ratings) },
        { title: "Score", align: "right", cell: ({ score }) => percent(score) },
        { title: "95 % interval", align: "right", cell: ({ low, high }) => `${percent(low)} to ${percent(high)}` },
      ]}
    />
  );
}
