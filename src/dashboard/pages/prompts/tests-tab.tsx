import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { count, NONE, percent, shortId, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useRunTests } from "./use-run-tests.ts";

type RunItem = ListItem<"GET /v1/prompts/{name}/test-runs">;

const PAGE_SIZE = 50;

const COLUMNS: readonly Column<RunItem>[] = [
  { title: "Run", cell: ({ id }) => <code>{shortId(id)}</code>, width: "8rem" },
  { title: "Version", cell: ({ prompt }) => `#${prompt.version}`, align: "right", width: "4.5rem" },
  { title: "Status", cell: ({ status }) => <Status status={status} />, width: "6.5rem" },
  {
    title: "Passed",
    cell: ({ counts }) => (counts ? `${count(counts.passed)} of ${count(counts.total)}` : NONE),
    align: "right",
  },
  { title: "Pass rate", cell: ({ counts }) => percent(counts?.pass_rate), align: "right", wide: true },
  { title: "Cost", cell: ({ counts }) => usd(counts?.cost_usd), align: "right", wide: true },
  { title: "Started", cell: ({ created_at }) => <Time at={created_at} />, width: "6rem", wide: true },
];

/** The runs of a prompt's tests, and the way to a new one. */
export function TestsTab({ name, newest }: { name: string; newest: number }) {
  const seesRuns = useScope("executions:read");
  const mayRun = useScope("executions:write");
  const runs = useList(
    "GET /v1/prompts/{name}/test-runs",
    { path: { name }, query: { limit: PAGE_SIZE } },
    { enabled: seesRuns },
  );
  const tests = useRunTests(name);
  if (!seesRuns) return <Empty title="Reading test runs needs the scope executions:read." />;
  return (
    <Panel
      class="flush"
      title="Test runs"
      aside={
        <>
          <a href={`/app/tests?prompt=${encodeURIComponent(name)}`}>Tests and compare</a>
          {mayRun && (
            <button type="button" class="button" disabled={tests.isPending} onClick={() => tests.run(newest)}>
              Run tests of #{newest}
            </button>
          )}
        </>
      }
    >
      <ErrorBox error={runs.error ?? tests.error} />
      <Table
        label={`Test runs of ${name}`}
        columns={COLUMNS}
        items={runs.items}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => `/app/test-runs/${id}`}
        isPending={runs.isPending}
        hasMore={runs.hasMore}
        loadMore={runs.loadMore}
        empty={<Empty title="The tests of this prompt were not run yet:" command={`npx pbt-edge test ${name}`} />}
      />
    </Panel>
  );
}
