import { useState } from "preact/hooks";
import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Panel } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { LabelList } from "../prompts/labels/label-list.tsx";
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
  const label = chosen === "" ? list.items[0]?.label : chosen;
  return (
    <>
      <LabelList
        name={name}
        list={list}
        hrefOf={(each) => chainHref(name, "labels", { label: each })}
        none={{
          title: "No label is set: runs take the newest version. Point one at a version you trust:",
          command: `npx pbt-edge chain label ${name} production ${newest}`,
        }}
        add={() => setAdding(true)}
      />
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
