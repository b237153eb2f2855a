import type { ComparisonReply } from "../../../client/experiments.ts";
import { useScope } from "../../api/session.tsx";
import { useReads } from "../../api/use-api.ts";
import { useRecentIds } from "../../api/use-recent-ids.ts";
import { count, shortId, usd } from "../../ui/format.ts";
import { OpenById } from "../../ui/open-by-id.tsx";
import { Empty, Panel } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { letterOf, subjectText } from "./comparison.ts";

const EVERY_MS = 3_000;

/** The comparisons that this browser has started or opened: the API has no list of them. */
export function ComparisonsTab() {
  const { ids } = useRecentIds("comparisons");
  const mayCompare = useScope("executions:write");
  const reads = useReads(
    "GET /v1/comparisons/{id}",
    ids.map((id) => ({ path: { id } })),
    { everyMs: (comparison) => (comparison?.status === "running" ? EVERY_MS : false) },
  );
  const known = reads.flatMap(({ data }) => (data ? [data] : []));
  return (
    <>
      <div class="filters">
        <OpenById label="Id of a comparison" placeholder="cmp_…" path="/app/comparisons/" />
        {mayCompare && (
          <a class="button primary" href="/app/compare">
            New comparison
          </a>
        )}
      </div>
      <Panel class="flush">
        <Table
          label="Recent comparisons"
          columns={COLUMNS}
          items={known}
          keyOf={({ id }) => id}
          hrefOf={({ id }) => `/app/comparisons/${id}`}
          isPending={reads.some(({ isPending }) => isPending)}
          empty={
            <Empty
              title="No comparison was started or opened in this browser."
              command="npx pbt-edge compare <prompt> production latest"
            />
          }
        />
      </Panel>
      <p class="muted">
        These are the comparisons that were started or opened in this browser. They are kept for 90 days.
      </p>
    </>
  );
}

const COLUMNS: readonly Column<ComparisonReply>[] = [
  { title: "Comparison", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Prompt", width: "minmax(7rem, 1fr)", cell: ({ prompt }) => prompt },
  { title: "Status", width: "6.5rem", wide: true, cell: ({ status }) => <Status status={status} /> },
  { title: "Subjects", width: "minmax(10rem, 3fr)", wide: true, cell: ({ subjects }) => subjectsText(subjects) },
  {
    title: "Executions",
    width: "7rem",
    align: "right",
    wide: true,
    cell: ({ done, total }) => `${count(done)} of ${count(total)}`,
  },
  { title: "Cost", width: "6rem", align: "right", cell: ({ cost_usd }) => usd(cost_usd) },
];

function subjectsText(subjects: ComparisonReply["subjects"]): string {
  return subjects.map((subject, place) => `${letterOf(place)}: ${subjectText(subject)}`).join("; ");
}
