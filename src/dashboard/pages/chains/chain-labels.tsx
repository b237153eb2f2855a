import { useState } from "preact/hooks";
import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Empty, Panel } from "../../ui/page.tsx";
import { Time } from "../../ui/small.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { MovesTable } from "../prompts/labels/moves-table.tsx";
import { Shares } from "../prompts/labels/shares.tsx";
import "../../styles/prompts.css";
import { chainHref } from "./addresses.ts";
import { DeleteChainLabel, MoveChainLabel, RollBackChainLabel } from "./label-dialogs.tsx";

type LabelItem = ListItem<"GET /v1/chains/{name}/labels">;

const PAGE_SIZE = 200;

/** The labels of a chain, and the history of the one that the address names. */
export function ChainLabels({ name, newest }: { name: string; newest: number }) {
  const list = useList("GET /v1/chains/{name}/labels", { path: { name }, query: { limit: PAGE_SIZE } });
  const [chosen] = useUrlState("label");
  const [isAdding, setAdding] = useState(false);
  const mayWrite = useScope("prompts:write");
  const label = chosen === "" ? list.items[0]?.label : chosen;
  return (
    <>
      <ErrorBox error={list.error} retry={list.refetch} />
      <Panel
        class="flush"
        title="Labels"
        aside={
          mayWrite ? (
            <button type="button" class="button" onClick={() => setAdding(true)}>
              New label…
            </button>
          ) : (
            <span class="muted">Moving labels needs the scope prompts:write.</span>
          )
        }
      >
        <Table
          label={`Labels of ${name}`}
          columns={COLUMNS}
          items={list.items}
          keyOf={(each) => each.label}
          hrefOf={(each) => chainHref(name, "labels", { label: each.label })}
          isPending={list.isPending}
          hasMore={list.hasMore}
          loadMore={list.loadMore}
          height="18rem"
          empty={
            <Empty
              title="No label is set: runs take the newest version. Point one at a version you trust:"
              command={`npx pbt-edge chain label ${name} production ${newest}`}
            />
          }
        />
      </Panel>
      {label !== undefined && (
        <LabelHistory
          key={label}
          {...{ name, newest, label }}
          meaning={list.items.find((each) => each.label === label) ?? null}
        />
      )}
      {isAdding && <MoveChainLabel {...{ name, newest }} label={null} meaning={null} close={() => setAdding(false)} />}
    </>
  );
}

const COLUMNS: readonly Column<LabelItem>[] = [
  { title: "Label", cell: ({ label }) => label, width: "minmax(7rem, 1fr)" },
  { title: "Means", cell: (item) => <Shares meaning={item} />, width: "minmax(9rem, 3fr)" },
  { title: "Moved", cell: ({ updated_at }) => <Time at={updated_at} />, width: "7rem" },
];

interface LabelHistoryProps {
  name: string;
  newest: number;
  label: string;
  /** Null where the label is not set. */
  meaning: LabelItem | null;
}

function LabelHistory(of: LabelHistoryProps) {
  const { name, label, meaning } = of;
  const moves = useList("GET /v1/chains/{name}/labels/{label}/history", { path: { name, label } });
  return (
    <Panel class="flush" title={label} aside={<LabelActions {...of} />}>
      <div class="panel-body">
        <p>{meaning ? <Shares meaning={meaning} /> : <span class="muted">It is not set.</span>}</p>
        <ErrorBox error={moves.error} />
      </div>
      <MovesTable label={label} moves={moves} />
    </Panel>
  );
}

function LabelActions(of: LabelHistoryProps) {
  const [opened, setOpened] = useState<"move" | "rollback" | "delete" | null>(null);
  const mayWrite = useScope("prompts:write");
  if (!mayWrite) return null;
  const close = () => setOpened(null);
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpened("move")}>
        Move or split…
      </button>
      {of.meaning && (
        <button type="button" class="button small" onClick={() => setOpened("rollback")}>
          Roll back…
        </button>
      )}
      {of.meaning && (
        <button type="button" class="button small danger" onClick={() => setOpened("delete")}>
          Delete…
        </button>
      )}
      {opened === "move" && <MoveChainLabel {...of} close={close} />}
      {opened === "rollback" && <RollBackChainLabel {...of} close={close} />}
      {opened === "delete" && <DeleteChainLabel {...of} close={close} />}
    </>
  );
}
