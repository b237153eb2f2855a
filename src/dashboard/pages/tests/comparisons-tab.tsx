import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useLiveList } from "../../api/use-api.ts";
import { count, shortId, usd } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { OpenById } from "../../ui/open-by-id.tsx";
import { Empty } from "../../ui/page.tsx";
import { PromptLink } from "../../ui/prompt-link.tsx";
import { Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { letterOf, subjectText, verdictsText } from "./comparison.ts";
import { PromptChoice } from "./prompt-choice.tsx";
import { type ExperimentStatus, RunStatusField, statusOf } from "./run-status.tsx";

const LIVE = { everyMs: 5_000, limit: 50 };

type ComparisonItem = ListItem<"GET /v1/comparisons">;

/** The comparisons, newest first. */
export function ComparisonsTab() {
  const mayCompare = useScope("executions:write");
  const [prompt, setPrompt] = useUrlState("prompt");
  const [status, setStatus] = useUrlState("status");
  return (
    <>
      <div class="filters" role="search" aria-label="Filters">
        <PromptChoice value={prompt} set={setPrompt} />
        <RunStatusField value={status} set={setStatus} />
        <OpenById label="Id of a comparison" placeholder="cmp_…" path="/app/comparisons/" />
        {mayCompare && (
          <a class="button primary" href="/app/compare">
            New comparison
          </a>
        )}
      </div>
      <ComparisonList key={`${prompt} ${status}`} prompt={prompt} status={statusOf(status)} />
    </>
  );
}

function ComparisonList({ prompt, status }: { prompt: string; status: ExperimentStatus | undefined }) {
  const query = { status, ...(prompt !== "" && { prompt }) };
  const list = useLiveList("GET /v1/comparisons", { query }, LIVE);
  const isFiltered = prompt !== "" || status !== undefined;
  return (
    <ListPanel
      label="Comparisons"
      columns={COLUMNS}
      list={list}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => `/app/comparisons/${id}`}
      empty={
        <Empty
          title={isFiltered ? "No comparison is like that." : "Nothing was compared yet."}
          command="npx pbt-edge compare <prompt> production latest"
        />
      }
    />
  );
}

const COLUMNS: readonly Column<ComparisonItem>[] = [
  { title: "Comparison", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Prompt", width: "minmax(7rem, 1fr)", cell: ({ prompt }) => <PromptLink name={prompt} /> },
  { title: "Status", width: "6.5rem", wide: true, cell: ({ status }) => <Status status={status} /> },
  { title: "Subjects", width: "minmax(10rem, 2fr)", wide: true, cell: ({ subjects }) => subjectsText(subjects) },
  { title: "Verdict", width: "minmax(8rem, 1fr)", wide: true, cell: ({ counts }) => verdictsText(counts) },
  {
    title: "Executions",
    width: "7rem",
    align: "right",
    wide: true,
    cell: ({ counts, total }) => (counts ? `${count(counts.done)} of ${count(counts.total)}` : count(total)),
  },
  { title: "Cost", width: "6rem", align: "right", cell: ({ counts }) => usd(counts?.cost_usd) },
];

function subjectsText(subjects: ComparisonItem["subjects"]): string {
  return subjects.map((subject, place) => `${letterOf(place)}: ${subjectText(subject)}`).join("; ");
}
