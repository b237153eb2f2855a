import { useState } from "preact/hooks";
import type { BatchReply } from "../../../client/batches.ts";
import { useScope } from "../../api/session.tsx";
import { useReads } from "../../api/use-api.ts";
import { useRecentIds } from "../../api/use-recent-ids.ts";
import { SelectField } from "../../ui/form.tsx";
import { shortId, usd } from "../../ui/format.ts";
import { OpenById } from "../../ui/open-by-id.tsx";
import { Empty, Page, Panel } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { isOpen } from "./counts.ts";
import { CountsBar } from "./counts-bar.tsx";
import { NewBatch } from "./new-batch.tsx";
import "../../styles/batches.css";

const EVERY_MS = 2_000;

/** The batches that this browser has started or opened: the API has no list of them. */
export function BatchesPage() {
  const { ids } = useRecentIds("batches");
  const [status, setStatus] = useUrlState("status");
  const [isMaking, setMaking] = useState(false);
  const mayStart = useScope("executions:write");
  const reads = useReads(
    "GET /v1/batches/{id}",
    ids.map((id) => ({ path: { id } })),
    { everyMs: (batch) => (batch && isOpen(batch) ? EVERY_MS : false) },
  );
  const known = reads.flatMap(({ data }) => (data ? [data] : []));
  const shown = status === "" ? known : known.filter((batch) => batch.status === status);
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
      <Panel class="flush">
        <Table
          label="Recent batches"
          columns={COLUMNS}
          items={shown}
          keyOf={({ id }) => id}
          hrefOf={({ id }) => `/app/batches/${id}`}
          isPending={reads.some(({ isPending }) => isPending)}
          empty={
            known.length > 0 ? (
              <Empty title={`No batch is ${status}.`} />
            ) : (
              <Empty
                title="No batch was started or opened in this browser."
                command="npx pbt-edge batch items.jsonl --prompt <prompt>"
              />
            )
          }
        />
      </Panel>
      <p class="muted">
        These are the batches that were started or opened in this browser. They are kept for 30 days after their end.
      </p>
      {isMaking && <NewBatch close={() => setMaking(false)} />}
    </Page>
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
