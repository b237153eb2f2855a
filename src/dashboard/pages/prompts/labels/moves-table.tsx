import type { ListItem } from "../../../../client/index.ts";
import { shortId } from "../../../ui/format.ts";
import { Empty } from "../../../ui/page.tsx";
import { Time } from "../../../ui/small.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { meaningText } from "../label-meaning.ts";

/** A move of a label of a prompt or a chain. */
type Move = ListItem<"GET /v1/prompts/{name}/labels/{label}/history" | "GET /v1/chains/{name}/labels/{label}/history">;

interface MovesTableProps {
  label: string;
  moves: { items: readonly Move[]; isPending: boolean; hasMore: boolean; loadMore: () => void };
}

/** Who moved a label when, from what to what, and why; newest first. */
export function MovesTable({ label, moves }: MovesTableProps) {
  return (
    <Table
      label={`History of ${label}`}
      columns={COLUMNS}
      items={moves.items}
      keyOf={({ when, cause }) => when + cause}
      isPending={moves.isPending}
      hasMore={moves.hasMore}
      loadMore={moves.loadMore}
      height="22rem"
      empty={<Empty title="It was never moved." />}
    />
  );
}

const COLUMNS: readonly Column<Move>[] = [
  { title: "When", cell: ({ when }) => <Time at={when} />, width: "6rem" },
  { title: "From", cell: ({ from }) => meaningText(from), width: "minmax(4rem, 1fr)" },
  { title: "To", cell: ({ to }) => meaningText(to), width: "minmax(4rem, 1fr)" },
  { title: "Cause", cell: ({ cause }) => cause.replaceAll("_", " "), width: "8.5rem", wide: true },
  {
    title: "Who",
    cell: ({ who }) => (who === null ? "the runtime" : <code title={who}>{shortId(who)}</code>),
    width: "8rem",
    wide: true,
  },
  { title: "Why", cell: ({ why }) => <span title={why ?? ""}>{why ?? "–"}</span>, width: "minmax(5rem, 2fr)" },
];
