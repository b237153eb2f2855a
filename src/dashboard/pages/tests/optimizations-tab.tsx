import type { ListItem } from "../../../client/index.ts";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { percent, shortId, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const EVERY_MS = 5_000;
const PAGE_SIZE = 50;

type OptimizationItem = ListItem<"GET /v1/optimizations">;

/** The optimisations, newest first. */
export function OptimizationsTab() {
  const list = useList("GET /v1/optimizations", { query: { limit: PAGE_SIZE } }, { everyMs: EVERY_MS });
  return (
    <>
      <ErrorBox error={list.error} retry={list.refetch} />
      <Panel class="flush">
        <Table
          label="Optimisations"
          columns={COLUMNS}
          items={list.items}
          keyOf={({ id }) => id}
          hrefOf={({ id }) => `/app/optimizations/${id}`}
          isPending={list.isPending}
          hasMore={list.hasMore}
          loadMore={list.loadMore}
          empty={
            !list.error && (
              <Empty
                title="No prompt was optimised yet."
                command="npx pbt-edge optimize <prompt> --goal tokens --max-cost 5"
              />
            )
          }
        />
      </Panel>
    </>
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
  { title: "May cost", width: "6rem", align: "right", wide: true, cell: ({ max_cost_usd }) => usd(max_cost_usd) },
];
