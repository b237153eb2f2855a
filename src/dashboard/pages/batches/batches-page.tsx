import { useState } from "preact/hooks";
import type { BatchReply } from "../../../client/batches.ts";
import { useScope } from "../../api/session.tsx";
import { useLiveList } from "../../api/use-api.ts";
import { SelectField } from "../../ui/form.tsx";
import { shortId, usd } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { OpenById } from "../../ui/open-by-id.tsx";
import { Empty, Page } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { CountsBar } from "./counts-bar.tsx";
import { NewBatch } from "./new-batch.tsx";
import "../../styles/batches.css";

const LIVE = { everyMs: 4_000, limit: 50 };

/** The batches, newest first. */
export function BatchesPage() {
  const [status, setStatus] = useUrlState("status");
  const [isMaking, setMaking] = useState(false);
  const mayStart = useScope("executions:write");
  return (
    <Page
      title="Batches"
      actions={
        mayStart && (
          <button type="button" class="button primary" onClick={() => setMaking(true)}>
            New batch
          </button>
        )
      }
    >
      <div class="filters">
        <SelectField
          label="Status"
          value={status}
          set={setStatus}
          options={[["", "any"], ...STATUSES.map((each) => [each, each] as const)]}
        />
        <OpenById label="Id of a batch" placeholder="bat_…" path="/app/batches/" />
      </div>
      <BatchList key={status} status={STATUSES.find((each) => each === status)} />
      {isMaking && <NewBatch close={() => setMaking(false)} />}
    </Page>
  );
}

function BatchList({ status }: { status: BatchReply["status"] | undefined }) {
  const list = useLiveList("GET /v1/batches", { query: { status } }, LIVE);
  return (
    <ListPanel
      label="Batches"
      columns={COLUMNS}
      list={list}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => `/app/batches/${id}`}
      empty={
        status === undefined ? (
          <Empty title="There is no batch yet." command="npx pbt-edge batch items.jsonl --prompt <prompt>" />
        ) : (
          <Empty title={`No batch is ${status}.`} />
        )
      }
    />
  );
}

const STATUSES: readonly BatchReply["status"][] = ["queued", "running", "completed", "failed", "cancelled"];

const COLUMNS: readonly Column<BatchReply>[] = [
  { title: "Batch", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  { title: "When", width: "6rem", wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Status", width: "6.5rem", cell: ({ status }) => <Status status={status} /> },
  {
    title: "Prompt",
    width: "minmax(8rem, 1fr)",
    wide: true,
    cell: ({ prompt }) => (
      <>
        {prompt.name} <span class="muted">v{prompt.version}</span>
      </>
    ),
  },
  { title: "Items", width: "5rem", align: "right", wide: true, cell: ({ counts }) => counts.total },
  { title: "Ended", width: "minmax(7rem, 2fr)", cell: ({ counts }) => <CountsBar counts={counts} /> },
  { title: "Mode", width: "6rem", wide: true, cell: ({ mode }) => mode },
  { title: "Cost", width: "6rem", align: "right", wide: true, cell: ({ cost_usd }) => usd(cost_usd) },
];
