import { useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import type { BatchReply } from "../../../client/batches.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { download } from "../../ui/download.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm } from "../../ui/form.tsx";
import { count, duration, usd } from "../../ui/format.ts";
import { Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Copy, Status, Time } from "../../ui/small.tsx";
import { Stat, Stats } from "../../ui/stat.tsx";
import { BatchResults } from "./batch-results.tsx";
import { endedOf, isOpen } from "./counts.ts";
import { CountsLegend } from "./counts-bar.tsx";
import { useBatch } from "./use-batch.ts";
import "../../styles/batches.css";

const HEIGHT_PX = 400;

/** A batch: how far it is, what it cost, and the result of each item. */
export function BatchPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const { data: batch, error, refetch } = useBatch(id);
  return (
    <Page title="Batch" before={<a href="/app/batches">Batches</a>} actions={batch && <BatchActions batch={batch} />}>
      <p class="row">
        <code>{id}</code> <Copy text={id} label="Copy id" />
        {batch && <Status status={batch.status} />}
        {batch && (
          <span class="muted">
            <a href={`/app/prompts/${encodeURIComponent(batch.prompt.name)}?version=${batch.prompt.version}`}>
              {batch.prompt.name}
            </a>{" "}
            version {batch.prompt.version}, <Time at={batch.created_at} />
          </span>
        )}
      </p>
      <ErrorBox error={error} retry={() => void refetch()} />
      {!batch && !error && <Skeleton height={HEIGHT_PX} />}
      {batch && (
        <>
          <BatchNumbers batch={batch} />
          <Panel>
            <CountsLegend counts={batch.counts} />
          </Panel>
          <BatchResults batch={batch} />
        </>
      )}
    </Page>
  );
}

function BatchNumbers({ batch }: { batch: BatchReply }) {
  const { counts, cost_usd, max_cost_usd, created_at, ended_at, mode, webhook } = batch;
  const took = ended_at === null ? null : Date.parse(ended_at) - Date.parse(created_at);
  return (
    <Stats>
      <Stat
        label="Items ended"
        value={`${count(endedOf(counts))} of ${count(counts.total)}`}
        note={isOpen(batch) ? `${count(counts.running)} run now` : "all that will"}
      />
      <Stat
        label="Failed"
        value={count(counts.failed)}
        note={counts.failed > 0 ? "may be queued again" : ""}
        tone={counts.failed > 0 ? "bad" : undefined}
      />
      <Stat
        label="Cost"
        value={usd(cost_usd)}
        note={max_cost_usd === null ? "no limit" : `of at most ${usd(max_cost_usd)}`}
      />
      <Stat label="Took" value={duration(took)} note={ended_at === null ? "has not ended" : ""} />
      <Stat label="Mode" value={mode} note={webhook ? `webhook ${new URL(webhook.url).host}` : "no webhook"} />
    </Stats>
  );
}

function BatchActions({ batch }: { batch: BatchReply }) {
  const { id, counts, status } = batch;
  const mayChange = useScope("executions:write");
  const [asked, setAsked] = useState<"cancel" | "redrive" | null>(null);
  const save = useAction(async () => (await api.response("GET /v1/batches/{id}/results", { path: { id } })).text(), {
    onDone: (text) => download(`${id}.ndjson`, text, "application/x-ndjson"),
  });
  const canCancel = mayChange && (status === "queued" || status === "running");
  const canRedrive = mayChange && counts.failed > 0 && !isOpen(batch);
  return (
    <>
      {canCancel && (
        <button type="button" class="button danger" onClick={() => setAsked("cancel")}>
          Cancel batch
        </button>
      )}
      {canRedrive && (
        <button type="button" class="button" onClick={() => setAsked("redrive")}>
          Queue failed again
        </button>
      )}
      <button type="button" class="button" disabled={save.isPending} onClick={() => save.run(undefined)}>
        {save.isPending ? "Downloading…" : "Download NDJSON"}
      </button>
      <ErrorBox error={save.error} />
      {asked === "cancel" && <CancelBatch id={id} close={() => setAsked(null)} />}
      {asked === "redrive" && <RedriveBatch batch={batch} close={() => setAsked(null)} />}
    </>
  );
}

function CancelBatch({ id, close }: { id: string; close: () => void }) {
  const cancel = useAction(async () => api.batches.cancel(id), { done: "No further item starts.", onDone: close });
  return (
    <Confirm
      title="Cancel the batch"
      action="Cancel batch"
      isPending={cancel.isPending}
      error={cancel.error}
      act={() => cancel.run(undefined)}
      close={close}
    >
      No further item starts. What runs already ends by itself, and is paid.
    </Confirm>
  );
}

function RedriveBatch({ batch: { id, counts }, close }: { batch: BatchReply; close: () => void }) {
  const redrive = useAction(async () => api.batches.redrive(id), {
    done: `${count(counts.failed)} items are queued again.`,
    onDone: close,
  });
  return (
    <Confirm
      title="Queue the failed items again"
      action="Queue again"
      isPending={redrive.isPending}
      error={redrive.error}
      act={() => redrive.run(undefined)}
      close={close}
    >
      {count(counts.failed)} items are executed anew, each up to five times. What they cost counts against the limit of
      the batch.
    </Confirm>
  );
}
