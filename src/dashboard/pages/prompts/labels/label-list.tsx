import { useScope } from "../../../api/session.tsx";
import { ListPanel, type ReadList } from "../../../ui/list-panel.tsx";
import { Empty } from "../../../ui/page.tsx";
import { Time } from "../../../ui/small.tsx";
import type { Column } from "../../../ui/table.tsx";
import type { Meaning } from "../label-meaning.ts";
import { Shares } from "./shares.tsx";

/** A label of a prompt or of a chain. */
interface LabelItem extends Meaning {
  label: string;
  updated_at: string;
}

interface LabelListProps {
  /** Whose labels they are. */
  name: string;
  list: ReadList<LabelItem>;
  hrefOf: (label: string) => string;
  /** What is so while there is none, and the command that sets one. */
  none: { title: string; command: string };
  add: () => void;
}

/** The labels of a prompt or a chain, with a button for a new one. */
export function LabelList({ name, list, hrefOf, none, add }: LabelListProps) {
  const mayWrite = useScope("prompts:write");
  return (
    <ListPanel
      title="Labels"
      aside={
        mayWrite ? (
          <button type="button" class="button" onClick={add}>
            New label…
          </button>
        ) : (
          <span class="muted">Moving labels needs the scope prompts:write.</span>
        )
      }
      label={`Labels of ${name}`}
      list={list}
      columns={COLUMNS}
      keyOf={({ label }) => label}
      hrefOf={({ label }) => hrefOf(label)}
      height="18rem"
      empty={<Empty {...none} />}
    />
  );
}

const COLUMNS: readonly Column<LabelItem>[] = [
  { title: "Label", cell: ({ label }) => label, width: "minmax(7rem, 1fr)" },
  { title: "Means", cell: (item) => <Shares meaning={item} />, width: "minmax(9rem, 3fr)" },
  { title: "Moved", cell: ({ updated_at }) => <Time at={updated_at} />, width: "7rem" },
];
