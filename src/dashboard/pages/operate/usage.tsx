import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, percent, usd } from "../../ui/format.ts";
import { Empty, Page, Panel } from "../../ui/page.tsx";
import { Plot } from "../../ui/plot.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import type { TimeRange } from "../../ui/time-range-of.ts";
import { useTimeRange } from "../../ui/time-range.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { totalOf, type UsedRow, usageOverTime } from "../overview/usage-series.ts";
import { download } from "../../ui/download.ts";
import { ReconcileDialog } from "./reconcile.tsx";
import { type GroupName, GROUPS, groupsOf, withGroup } from "./usage-groups.ts";
import "../../styles/operate.css";

/** Longer ranges are shown by the day. */
const MOST_HOURS = 168;
/** Groups that are shown, those that cost most. */
const SHOWN = 1_000;

type GroupedRow = UsedRow & Partial<Record<GroupName, string | number | null>>;

/** What was used and paid, by any groups. */
export function UsagePage() {
  const { range, picker } = useTimeRange("7d");
  const [named, setNamed] = useUrlState("by", "prompt");
  const [isReconciling, setReconciling] = useState(false);
  const groups = groupsOf(named);
  const query = { from: range.from, to: range.to, ...(groups.length > 0 && { group_by: groups.join(",") }) };
  const shown = { ...query, order: "-cost_usd" as const, limit: SHOWN };
  const { data, error, isPending, refetch } = useRead("GET /v1/usage", { query: shown });
  const save = useAction(async () => download(`usage-${range.name}.csv`, await api.usage.csv(query), "text/csv"));
  const rows = (data?.data ?? []) as GroupedRow[];
  return (
    <Page
      title="Usage and cost"
      actions={
        <>
          <button type="button" class="button" onClick={() => setReconciling(true)}>
            Reconcile
          </button>
          <button type="button" class="button" disabled={save.isPending} onClick={() => save.run(undefined)}>
            Export CSV
          </button>
          {picker}
        </>
      }
    >
      <ErrorBox error={error ?? save.error} retry={() => void refetch()} />
      <Totals range={range} />
      <CostOverTime range={range} />
      <GroupChooser groups={groups} choose={(group) => setNamed(withGroup(groups, group).join(","))} />
      <Panel class="flush">
        <Table
          label="Usage by groups"
          columns={columnsOf(groups)}
          items={rows}
          keyOf={(row) => groups.map((group) => String(row[group])).join("\n")}
          isPending={isPending}
          height="32rem"
          empty={<Empty title="Nothing was executed in this time." command="npx pbt-edge exec <prompt>" />}
        />
      </Panel>
      {rows.length === SHOWN && (
        <p class="muted">These are the {count(SHOWN)} groups that cost most. The CSV has all.</p>
      )}
      {isReconciling && <ReconcileDialog close={() => setReconciling(false)} />}
    </Page>
  );
}

/** The sums of all; those of the groups may count an execution with several tags more than once. */
function Totals({ range: { from, to } }: { range: TimeRange }) {
  const { data } = useRead("GET /v1/usage", { query: { from, to } });
  const total = totalOf(data?.data ?? []);
  const completeUntil = data?.complete_until ?? null;
  return (
    <Stats>
      <Stat label="Cost" value={usd(total.cost_usd)} note={`${usd(total.saved_usd)} saved by caches`} />
      <Stat label="Executions" value={count(total.executions)} note={`${count(total.hits)} from caches`} />
      <Stat label="Input tokens" value={count(total.prompt_tokens)} />
      <Stat label="Output tokens" value={count(total.completion_tokens)} />
      <Stat label="Errors" value={count(total.errors)} note={percent(total.errors / Math.max(1, total.executions))} />
      <Stat
        label="Complete until"
        value={completeUntil === null ? "–" : new Date(completeUntil).toTimeString().slice(0, 5)}
        note="later records may be missing"
      />
    </Stats>
  );
}

function CostOverTime({ range }: { range: TimeRange }) {
  const by = range.hours > MOST_HOURS ? "day" : "hour";
  const { data } = useRead("GET /v1/usage", { query: { from: range.from, to: range.to, group_by: by } });
  const { times, sums } = usageOverTime(data?.data ?? [], { ...range, by });
  return (
    <Panel title={`Cost by the ${by}`}>
      <Plot
        label={`Cost and savings by the ${by} over the last ${range.name}`}
        times={times}
        series={[
          { title: "cost", values: sums.map(({ cost_usd }) => cost_usd), isArea: true },
          { title: "saved", values: sums.map(({ saved_usd }) => saved_usd), color: 3 },
        ]}
        format={usd}
        isDays={by === "day"}
      />
    </Panel>
  );
}

function GroupChooser({ groups, choose }: { groups: readonly GroupName[]; choose: (group: GroupName) => void }) {
  return (
    <div class="row" role="group" aria-label="Group by">
      <span class="muted">Group by</span>
      {GROUPS.map((group) => (
        <button
          key={group}
          type="button"
          class="button small"
          aria-pressed={groups.includes(group)}
          onClick={() => choose(group)}
        >
          {group}
        </button>
      ))}
    </div>
  );
}

function columnsOf(groups: readonly GroupName[]): Column<GroupedRow>[] {
  return [
    ...groups.map((group): Column<GroupedRow> => ({
      title: group,
      width: group === "version" ? "5rem" : "minmax(7rem, 2fr)",
      cell: (row) => <GroupValue group={group} value={row[group]} />,
    })),
    { title: "Executions", width: "6rem", align: "right", cell: (row) => count(row.executions) },
    { title: "Input", width: "6rem", align: "right", wide: true, cell: (row) => count(row.prompt_tokens) },
    { title: "Output", width: "6rem", align: "right", wide: true, cell: (row) => count(row.completion_tokens) },
    { title: "Errors", width: "5rem", align: "right", wide: true, cell: (row) => count(row.errors) },
    { title: "Saved", width: "6rem", align: "right", wide: true, cell: (row) => usd(row.saved_usd) },
    { title: "Cost", width: "6.5rem", align: "right", cell: (row) => usd(row.cost_usd) },
  ];
}

function GroupValue({ group, value }: { group: GroupName; value: string | number | null | undefined }) {
  if (value === null || value === undefined || value === "") return <span class="muted">none</span>;
  if (group === "prompt") return <a href={`/app/prompts/${encodeURIComponent(value)}`}>{value}</a>;
  return <>{value}</>;
}
