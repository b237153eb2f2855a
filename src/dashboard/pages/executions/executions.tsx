import type { ListItem, OperationQuery } from "../../../client/index.ts";
import { useList } from "../../api/use-api.ts";
import { SelectField, TextField } from "../../ui/form.tsx";
import { count, duration, localTime, shortId, usd } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Badge, Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useTimeRange } from "../../ui/time-range.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";

/** How often a live tail asks, ms. */
const TAIL_MS = 1_000;
const PAGE_SIZE = 100;

/** An execution in a list. */
type ExecutionItem = ListItem<"GET /v1/executions">;
type ListQuery = NonNullable<OperationQuery<"GET /v1/executions">>;

/** The filters that the address holds. */
const FILTERS = ["prompt", "model", "key", "status"] as const;

/** Executions, newest first, with filters in the address and a live tail. */
export function ExecutionsPage() {
  const { range, picker } = useTimeRange("7d");
  const filters = useFilters();
  const [tail, setTail] = useUrlState("tail");
  const isTail = tail === "1";
  const query = {
    limit: PAGE_SIZE,
    ...(filters.values.since === "" ? { from: range.from } : { from: filters.values.since }),
    ...(filters.values.until === "" ? {} : { to: filters.values.until }),
    ...Object.fromEntries(FILTERS.map((name) => [name, filters.values[name]]).filter(([, value]) => value !== "")),
  } as ListQuery;
  const list = useList("GET /v1/executions", { query }, isTail ? { everyMs: TAIL_MS } : {});
  const hasWindow = filters.values.since !== "" || filters.values.until !== "";
  const isFiltered = hasWindow || FILTERS.some((name) => filters.values[name] !== "");
  return (
    <Page
      title="Executions"
      actions={
        <>
          <button type="button" class="button" aria-pressed={isTail} onClick={() => setTail(isTail ? "" : "1")}>
            <span class={`live-dot ${isTail ? "live" : ""}`} /> Live tail
          </button>
          {hasWindow ? <TimeWindow filters={filters} /> : picker}
        </>
      }
    >
      <FilterBar filters={filters} />
      <ListPanel
        label="Executions"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => `/app/executions/${id}`}
        empty={
          isFiltered ? (
            <Empty title="No execution fits these filters." />
          ) : (
            <Empty
              title="Nothing was executed in this time. Execute a prompt:"
              command="npx pbt-edge exec <prompt> --var name=value"
            />
          )
        }
      />
    </Page>
  );
}

function useFilters() {
  const [prompt] = useUrlState("prompt");
  const [model] = useUrlState("model");
  const [key] = useUrlState("key");
  const [status] = useUrlState("status");
  const [since] = useTimeInUrl("since");
  const [until] = useTimeInUrl("until");
  const set = useSetUrlState();
  return { values: { prompt, model, key, status, since, until }, set };
}

/** A time in the address; one that is none counts as absent. */
function useTimeInUrl(name: string): [string] {
  const [text] = useUrlState(name);
  return [Number.isNaN(Date.parse(text)) ? "" : text];
}

/** The time that the address names in place of a range, such as that of an anomaly. */
function TimeWindow({ filters: { values, set } }: { filters: ReturnType<typeof useFilters> }) {
  const from = values.since === "" ? "the beginning" : localTime(values.since);
  return (
    <span class="row">
      <span>
        {from} to {values.until === "" ? "now" : localTime(values.until)}
      </span>
      <button type="button" class="button small" onClick={() => set({ since: "", until: "" })}>
        Any time
      </button>
    </span>
  );
}

function FilterBar({ filters: { values, set } }: { filters: ReturnType<typeof useFilters> }) {
  return (
    <div class="filters" role="search" aria-label="Filters">
      <TextField label="Prompt" value={values.prompt} set={(prompt) => set({ prompt })} placeholder="its whole name" />
      <TextField label="Model" value={values.model} set={(model) => set({ model })} placeholder="gpt-4o-mini" />
      <TextField label="Key" value={values.key} set={(key) => set({ key })} placeholder="key_…" />
      <SelectField
        label="Status"
        value={values.status}
        set={(status) => set({ status })}
        options={[
          ["", "any"],
          ["succeeded", "succeeded"],
          ["failed", "failed"],
          ["unknown", "unknown"],
        ]}
      />
    </div>
  );
}

const COLUMNS: readonly Column<ExecutionItem>[] = [
  { title: "Execution", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Status", width: "6.5rem", cell: (item) => <Status status={item.status} /> },
  { title: "Prompt", width: "minmax(8rem, 2fr)", wide: true, cell: (item) => <PromptOf item={item} /> },
  { title: "Model", width: "minmax(7rem, 1.4fr)", wide: true, cell: ({ model }) => model ?? "–" },
  { title: "Answered by", width: "7rem", wide: true, cell: (item) => <Source item={item} /> },
  { title: "Latency", width: "5.5rem", align: "right", cell: ({ latency_ms }) => duration(latency_ms) },
  { title: "Tokens", width: "5rem", align: "right", wide: true, cell: ({ usage }) => count(usage.total_tokens) },
  { title: "Cost", width: "6rem", align: "right", wide: true, cell: ({ cost_usd }) => usd(cost_usd) },
];

function PromptOf({ item: { prompt } }: { item: ExecutionItem }) {
  if (!prompt) return <span class="muted">no stored prompt</span>;
  return (
    <>
      {prompt.name} <span class="muted">v{prompt.version}</span>
    </>
  );
}

function Source({ item: { cached, attempts } }: { item: ExecutionItem }) {
  if (cached !== false) return <Badge tone="good">{cached}</Badge>;
  return <span class="muted">{attempts > 1 ? `${attempts} attempts` : "provider"}</span>;
}
