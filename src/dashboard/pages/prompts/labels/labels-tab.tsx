import { useState } from "preact/hooks";
import { useList } from "../../../api/use-api.ts";
import { useUrlState } from "../../../ui/url-state.ts";
import { promptHref } from "../addresses.ts";
import { LabelDetail } from "./label-detail.tsx";
import { LabelList } from "./label-list.tsx";
import { MoveDialog } from "./move-dialog.tsx";

const PAGE_SIZE = 200;

/** The labels of a prompt, and all about the one that the address names. */
export function LabelsTab({ name, newest }: { name: string; newest: number }) {
  const list = useList("GET /v1/prompts/{name}/labels", { path: { name }, query: { limit: PAGE_SIZE } });
  const [chosen] = useUrlState("label");
  const [isAdding, setAdding] = useState(false);
  const label = chosen === "" ? list.items[0]?.label : chosen;
  return (
    <>
      <LabelList
        name={name}
        list={list}
        hrefOf={(each) => promptHref(name, "labels", { label: each })}
        none={{
          title: "No label is set: callers get the newest version. Point one at a version you trust:",
          command: `npx pbt-edge label ${name} production ${newest}`,
        }}
        add={() => setAdding(true)}
      />
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
