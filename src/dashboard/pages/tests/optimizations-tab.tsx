import type { ListItem } from "../../../client/index.ts";
import { useLiveList } from "../../api/use-api.ts";
import { NONE, percent, shortId, usd } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { PromptChoice } from "./prompt-choice.tsx";
import { type ExperimentStatus, RunStatusField, statusOf } from "./run-status.tsx";

const LIVE = { everyMs: 5_000, limit: 50 };

type OptimizationItem = ListItem<"GET /v1/optimizations">;

/** The optimisations, newest first. */
export function OptimizationsTab() {
  const [prompt, setPrompt] = useUrlState("prompt");
  const [status, setStatus] = useUrlState("status");
  return (
    <>
      <div class="filters" role="search" aria-label="Filters">
        <PromptChoice value={prompt} set={setPrompt} />
        <RunStatusField value={status} set={setStatus} />
      </div>
      <OptimizationList key={`${prompt} ${status}`} prompt={prompt} status={statusOf(status)} />
    </>
  );
}

function OptimizationList({ prompt, status }: { prompt: string; status: ExperimentStatus | undefined }) {
  const query = { status, ...(prompt !== "" && { prompt }) };
  const list = useLiveList("GET /v1/optimizations", { query }, LIVE);
  const isFiltered = prompt !== "" || status !== undefined;
  return (
    <ListPanel
      label="Optimisations"
      columns={COLUMNS}
      list={list}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => `/app/optimizations/${id}`}
      empty={
        <Empty
          title={isFiltered ? "No optimisation is like that." : "No prompt was optimised yet."}
          command="npx pbt-edge optimize <prompt> --goal tokens --max-cost 5"
        />
      }
    />
  );
}

const COLUMNS: readonly Column<OptimizationItem>[] = [
  { title: "Optimisation", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Status", width: "6.5rem", cell: ({ status }) => <Status status={status} /> },
  {
    title: "Prompt",
    width: "minmax(8rem, 2fr)",
    wide: true,
    cell: ({ prompt }) => (
      <>
        {prompt.name} <span class="muted">v{prompt.version}</span>
      </>
    ),
  },
  {
    title: "Goal",
    width: "8rem",
    wide: true,
    cell: ({ goal }) => (goal === "tokens" ? "fewer tokens" : "higher score"),
  },
  {
    title: "Least saving",
    width: "7rem",
    align: "right",
    wide: true,
    cell: (item) => (item.goal === "tokens" ? percent(item.min_saving) : "–"),
  },
  {
    title: "Published",
    width: "6rem",
    align: "right",
    cell: ({ counts }) => (counts?.published ? `version ${counts.published}` : NONE),
  },
  { title: "Cost", width: "6rem", align: "right", wide: true, cell: ({ counts }) => usd(counts?.cost_usd) },
  { title: "May cost", width: "6rem", align: "right", wide: true, cell: ({ max_cost_usd }) => usd(max_cost_usd) },
];
