import { useState } from "preact/hooks";
import type { ListItem } from "../../../../client/index.ts";
import { useScope } from "../../../api/session.tsx";
import { useList } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Empty, Panel } from "../../../ui/page.tsx";
import { Time } from "../../../ui/small.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { useUrlState } from "../../../ui/url-state.ts";
import { promptHref } from "../addresses.ts";
import { LabelDetail } from "./label-detail.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { Shares } from "./shares.tsx";

type LabelItem = ListItem<"GET /v1/prompts/{name}/labels">;

const PAGE_SIZE = 200;

/** The labels of a prompt, and all about the one that the address names. */
export function LabelsTab({ name, newest }: { name: string; newest: number }) {
  const list = useList("GET /v1/prompts/{name}/labels", { path: { name }, query: { limit: PAGE_SIZE } });
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
          mayWrite && (
            <button type="button" class="button" onClick={() => setAdding(true)}>
              New label…
            </button>
          )
        }
      >
        <Table
          label={`Labels of ${name}`}
          columns={COLUMNS}
          items={list.items}
          keyOf={(each) => each.label}
          hrefOf={(each) => promptHref(name, "labels", { label: each.label })}
          isPending={list.isPending}
          hasMore={list.hasMore}
          loadMore={list.loadMore}
          height="18rem"
          empty={
            <Empty
              title="No label is set: callers get the newest version. Point one at a version you trust:"
              command={`npx pbt-edge label ${name} production ${newest}`}
            />
          }
        />
      </Panel>
      {label !== undefined && (
        <LabelDetail
          key={label}
          name={name}
          newest={newest}
          label={label}
          meaning={list.items.find((each) => each.label === label) ?? null}
        />
      )}
      {isAdding && (
        <MoveDialog name={name} newest={newest} label={null} meaning={null} close={() => setAdding(false)} />
      )}
    </>
  );
}

const COLUMNS: readonly Column<LabelItem>[] = [
  { title: "Label", cell: ({ label }) => label, width: "minmax(7rem, 1fr)" },
  { title: "Means", cell: (item) => <Shares meaning={item} />, width: "minmax(9rem, 3fr)" },
  { title: "Moved", cell: ({ updated_at }) => <Time at={updated_at} />, width: "7rem" },
];
