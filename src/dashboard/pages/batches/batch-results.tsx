import type { BatchReply } from "../../../client/batches.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, SelectField } from "../../ui/form.tsx";
import { count, duration, shortId, usd } from "../../ui/format.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Code, Status } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import { endedOf, ITEM_STATES } from "./counts.ts";
import { type ItemRow, rowsOf } from "./results.ts";
import { useResults } from "./use-results.ts";

/** The items of a batch in their order, each as it stands. */
export function BatchResults({ batch: { id, counts } }: { batch: BatchReply }) {
  const [state, setState] = useUrlState("items");
  const { rows, error, isReading, refresh } = useResults(id, { ended: endedOf(counts), total: counts.total });
  const shown = rowsOf(rows, state);
  return (
    <>
      <div class="filters">
        <SelectField
          label="Items"
          value={state}
          set={setState}
          options={[["", "all"], ...ITEM_STATES.map((each) => [each, each] as const)]}
        />
        <button type="button" class="button" disabled={isReading} onClick={refresh}>
          {isReading ? `Reading, ${count(rows.length)} so far` : "Read again"}
        </button>
      </div>
      <ErrorBox error={error} retry={refresh} />
      <Panel class="flush">
        <Table
          label="Results by item"
          columns={COLUMNS}
          items={shown}
          keyOf={({ index }) => String(index)}
          hrefOf={({ index }) => {
            const query = new URLSearchParams({ ...(state !== "" && { items: state }), item: String(index) });
            return `/app/batches/${id}?${query.toString()}`;
          }}
          isPending={isReading && rows.length === 0}
          height="max(20rem, calc(100vh - 22rem))"
          empty={<Empty title={state === "" ? "It has no items." : `No item is ${state}.`} />}
        />
      </Panel>
      <ItemDialog rows={rows} />
    </>
  );
}

/** The item that the address names. */
function ItemDialog({ rows }: { rows: readonly ItemRow[] }) {
  const [index] = useUrlState("item");
  const set = useSetUrlState();
  const row = index === "" ? undefined : rows[Number(index)];
  if (!row) return null;
  return (
    <Dialog title={`Item ${nameOf(row)}`} close={() => set({ item: "" })}>
      <div class="stack">
        <p class="row">
          <Status status={row.status} />
          <span class="muted">
            {usd(row.costUsd)}, {duration(row.latencyMs)}
          </span>
        </p>
        {row.error !== null && <p class="error-box">{row.error}</p>}
        {row.output !== null && <Code label="Output" text={row.output} />}
        {row.isCut && <p class="hint">This is its beginning. The execution has all of it.</p>}
        {row.executionId !== null && (
          <a href={`/app/executions/${row.executionId}`}>Execution {shortId(row.executionId)}</a>
        )}
      </div>
    </Dialog>
  );
}

function nameOf({ index, customId }: ItemRow): string {
  return customId ?? `#${index}`;
}

const COLUMNS: readonly Column<ItemRow>[] = [
  { title: "Item", width: "minmax(5rem, 1fr)", cell: nameOf },
  { title: "Status", width: "6.5rem", cell: ({ status }) => <Status status={status} /> },
  {
    title: "Output",
    width: "minmax(8rem, 3fr)",
    wide: true,
    cell: ({ output }) => (output === null ? "–" : <span title={output}>{output}</span>),
  },
  {
    title: "Error",
    width: "minmax(6rem, 2fr)",
    cell: ({ error }) =>
      error === null ? (
        "–"
      ) : (
        <span class="bad" title={error}>
          {error}
        </span>
      ),
  },
  {
    title: "Execution",
    width: "8rem",
    wide: true,
    cell: ({ executionId }) =>
      executionId === null ? "–" : <a href={`/app/executions/${executionId}`}>{shortId(executionId)}</a>,
  },
  { title: "Latency", width: "5.5rem", align: "right", wide: true, cell: ({ latencyMs }) => duration(latencyMs) },
  { title: "Cost", width: "7rem", align: "right", wide: true, cell: ({ costUsd }) => usd(costUsd) },
];
