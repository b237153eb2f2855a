import type { ListItem, OperationQuery } from "../../../client/index.ts";
import { useList } from "../../api/use-api.ts";
import { SelectField } from "../../ui/form.tsx";
import { duration, shortId } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty } from "../../ui/page.tsx";
import { Status, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { chainHref, chainRunHref } from "./addresses.ts";

type RunItem = ListItem<"GET /v1/chain-runs">;
type RunQuery = NonNullable<OperationQuery<"GET /v1/chain-runs">>;

const PAGE_SIZE = 100;
const STATUSES: readonly RunItem["status"][] = ["running", "succeeded", "partial", "failed", "cancelled"];

/** Runs of one chain, or of all, the newest first. */
export function RunsTable({ chain }: { chain?: string }) {
  const [status, setStatus] = useUrlState("status");
  const query = { limit: PAGE_SIZE, chain, ...(status === "" ? {} : { status }) } as RunQuery;
  const list = useList("GET /v1/chain-runs", { query });
  const of = chain ?? "<chain>";
  return (
    <>
      <div class="filters" role="search" aria-label="Filter runs">
        <SelectField
          label="Status"
          value={status}
          set={setStatus}
          options={[["", "any"], ...STATUSES.map((each) => [each, each] as const)]}
        />
        <button type="button" class="button" onClick={list.refetch}>
          Refresh
        </button>
      </div>
      <ListPanel
        label="Runs"
        columns={chain === undefined ? COLUMNS : COLUMNS.filter(({ title }) => title !== "Chain")}
        list={list}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => chainRunHref(id)}
        empty={
          status === "" ? (
            <Empty title="There are no runs. Start one:" command={`npx pbt-edge chain run ${of} --stream`} />
          ) : (
            <Empty title={`No run is ${status}.`} />
          )
        }
      />
    </>
  );
}

const COLUMNS: readonly Column<RunItem>[] = [
  { title: "Run", width: "9rem", cell: ({ id }) => <span class="mono">{shortId(id)}</span> },
  {
    title: "Chain",
    width: "minmax(8rem, 2fr)",
    cell: ({ chain }) => <a href={chainHref(chain.name)}>{chain.name}</a>,
  },
  { title: "Version", width: "minmax(5rem, 1fr)", wide: true, cell: ({ chain }) => <Version {...chain} /> },
  { title: "Status", width: "7rem", cell: ({ status }) => <Status status={status} /> },
  { title: "Began", width: "6rem", wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Took", width: "6rem", align: "right", wide: true, cell: (run) => duration(tookMs(run)) },
];

function Version({ version, label }: RunItem["chain"]) {
  return (
    <>
      #{version} {label !== null && <span class="muted">by {label}</span>}
    </>
  );
}

/** How long a run took, ms; null where it goes on. */
export function tookMs({ created_at, ended_at }: Pick<RunItem, "created_at" | "ended_at">): number | null {
  return ended_at === null ? null : Date.parse(ended_at) - Date.parse(created_at);
}
