import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { OpenById } from "../../ui/open-by-id.tsx";
import { Empty, Page, Tabs } from "../../ui/page.tsx";
import { Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { chainHref } from "./addresses.ts";
import { RunsTable } from "./runs-table.tsx";
import "../../styles/chains.css";

type ChainItem = ListItem<"GET /v1/chains">;

const PAGE_SIZE = 200;
const TABS = [
  { id: "chains", title: "Chains" },
  { id: "runs", title: "Runs" },
] as const;

/** The chains by name, and the runs of all of them. */
export function ChainsPage() {
  const [named, setTab] = useUrlState("tab", "chains");
  const tab = named === "runs" ? "runs" : "chains";
  return (
    <Page title="Chains" actions={<OpenById label="Id of a run" placeholder="run_…" path="/app/chain-runs/" />}>
      <Tabs label="Chains and their runs" tabs={TABS} current={tab} select={setTab} />
      {tab === "chains" ? <ChainList /> : <RunsTable />}
    </Page>
  );
}

function ChainList() {
  const list = useList("GET /v1/chains", { query: { limit: PAGE_SIZE } });
  const mayWrite = useScope("prompts:write");
  return (
    <ListPanel
      label="Chains"
      columns={COLUMNS}
      list={list}
      keyOf={({ name }) => name}
      hrefOf={({ name }) => chainHref(name)}
      empty={
        <Empty
          title={
            mayWrite
              ? "There are no chains yet. Publish one from a file:"
              : "There are no chains yet. Publishing one needs the scope prompts:write."
          }
          command="npx pbt-edge chain push my-chain.chain.yaml"
        />
      }
    />
  );
}

const COLUMNS: readonly Column<ChainItem>[] = [
  { title: "Name", width: "minmax(12rem, 3fr)", cell: ({ name }) => name },
  { title: "Newest", width: "4.5rem", align: "right", cell: ({ version }) => `#${version}` },
  { title: "Created", width: "7rem", wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
  { title: "Updated", width: "7rem", cell: ({ updated_at }) => <Time at={updated_at} /> },
];
