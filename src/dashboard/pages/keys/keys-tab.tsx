import { useState } from "preact/hooks";
import { useSession } from "../../api/session.tsx";
import { useList } from "../../api/use-api.ts";
import { usd } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty } from "../../ui/page.tsx";
import { Badge, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { CreateKey } from "./create-key.tsx";
import { DeleteKey, RotateKey } from "./change-key.tsx";
import type { KeyItem } from "./scopes.ts";

const PAGE_SIZE = 100;

type Change = { kind: "create" } | { kind: "rotate" | "delete"; key: KeyItem };

/** The live keys of the tenant, newest first. */
export function KeysTab() {
  const own = useSession().session.key.id;
  const list = useList("GET /v1/keys", { query: { limit: PAGE_SIZE } });
  const [change, setChange] = useState<Change | null>(null);
  const close = () => setChange(null);
  return (
    <>
      <div class="row end">
        <button type="button" class="button primary" onClick={() => setChange({ kind: "create" })}>
          Create a key
        </button>
      </div>
      <ListPanel
        label="Keys"
        columns={columnsFor(own, setChange)}
        list={list}
        keyOf={({ id }) => id}
        empty={<Empty title="There is no key." command="npx pbt-edge keys --help" />}
      />
      {change?.kind === "create" && <CreateKey close={close} />}
      {change?.kind === "rotate" && <RotateKey target={change.key} close={close} />}
      {change?.kind === "delete" && <DeleteKey target={change.key} close={close} />}
    </>
  );
}

function columnsFor(own: string, change: (change: Change) => void): Column<KeyItem>[] {
  return [
    { title: "Name", width: "minmax(9rem, 1.4fr)", cell: (key) => <Name item={key} own={own} /> },
    {
      title: "Id",
      width: "6.5rem",
      wide: true,
      cell: ({ id }) => <span class="mono" title={id}>{`…${id.slice(-8)}`}</span>,
    },
    { title: "Scopes", width: "minmax(8rem, 3fr)", wide: true, cell: ({ scopes }) => <Scopes scopes={scopes} /> },
    { title: "Daily budget", width: "6rem", align: "right", wide: true, cell: (key) => usd(key.daily_budget_usd) },
    {
      title: "Monthly budget",
      width: "7.5rem",
      align: "right",
      wide: true,
      cell: (key) => usd(key.monthly_budget_usd),
    },
    { title: "Created", width: "5.5rem", wide: true, cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: "Expires",
      width: "5rem",
      cell: ({ expires_at }) => (expires_at === null ? "never" : <Time at={expires_at} />),
    },
    {
      title: "Old secret ends",
      width: "7.4rem",
      wide: true,
      cell: ({ previous_secret_expires_at }) => <Time at={previous_secret_expires_at} />,
    },
    {
      title: "Change",
      width: "9.5rem",
      cell: (key) => (
        <span class="row nowrap">
          <button
            type="button"
            class="button small"
            aria-label={`Rotate ${key.name}`}
            onClick={() => change({ kind: "rotate", key })}
          >
            Rotate
          </button>
          <button
            type="button"
            class="button small"
            aria-label={`Delete ${key.name}`}
            onClick={() => change({ kind: "delete", key })}
          >
            Delete
          </button>
        </span>
      ),
    },
  ];
}

function Name({ item: { id, name }, own }: { item: KeyItem; own: string }) {
  return (
    <>
      {name} {id === own && <Badge tone="accent">signed in</Badge>}
    </>
  );
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return <span title={scopes.join(", ")}>{scopes.includes("admin") ? "admin, which has all" : scopes.join(", ")}</span>;
}
