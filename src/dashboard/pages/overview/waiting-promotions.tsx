import type { ListItem } from "../../../client/index.ts";
import { useScope } from "../../api/session.tsx";
import { useRead } from "../../api/use-api.ts";
import { Panel } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import { meaningText } from "../prompts/label-meaning.ts";

type Promotion = ListItem<"GET /v1/promotions">;

const EVERY_MS = 15_000;
const MOST = 10;

/** Moves of labels that wait for their checks or for somebody's approval; nothing where none does. */
export function WaitingPromotions() {
  const enabled = useScope("prompts:read");
  const query = { status: "pending", limit: MOST } as const;
  const { data } = useRead("GET /v1/promotions", { query }, { everyMs: EVERY_MS, enabled });
  if (!data || data.data.length === 0) return null;
  return (
    <Panel
      title="Promotions waiting"
      aside={data.next_cursor !== null && <span class="muted">the newest {MOST} of them</span>}
    >
      <PlainTable label="Promotions waiting" columns={COLUMNS} items={data.data} keyOf={({ id }) => id} />
    </Panel>
  );
}

const COLUMNS: readonly Column<Promotion>[] = [
  {
    title: "Prompt",
    cell: ({ prompt }) => <a href={`/app/prompts/${encodeURIComponent(prompt)}?tab=promotions`}>{prompt}</a>,
  },
  { title: "Label", cell: ({ label }) => label },
  { title: "Move", cell: ({ from, to }) => `${meaningText(from)} to ${meaningText(to)}` },
  { title: "Waits for", cell: ({ checks }) => <WaitsFor checks={checks} /> },
  { title: "Since", align: "right", wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
];

function WaitsFor({ checks }: Pick<Promotion, "checks">) {
  return (
    <span class="row">
      {checks
        .filter(({ status }) => status !== "passed")
        .map(({ name, status }) => (
          <Badge key={name} tone={status === "failed" ? "bad" : "accent"}>
            {name.replaceAll("_", " ")}
          </Badge>
        ))}
    </span>
  );
}
