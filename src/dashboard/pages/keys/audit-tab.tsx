import { useList } from "../../api/use-api.ts";
import { Dialog, SelectField, TextField } from "../../ui/form.tsx";
import { localTime } from "../../ui/format.ts";
import { ListPanel } from "../../ui/list-panel.tsx";
import { Empty } from "../../ui/page.tsx";
import { Badge, Code, Copy, Time } from "../../ui/small.tsx";
import type { Column } from "../../ui/table.tsx";
import { useSetUrlState, useUrlState } from "../../ui/url-state.ts";
import {
  ACTION_KINDS,
  type AuditEntryItem,
  type AuditFilters,
  auditQueryOf,
  detailText,
  fieldOf,
  hrefOfObject,
  timeOf,
} from "./audit-entry.ts";
import "../../styles/executions.css";

const PAGE_SIZE = 100;

/** Who changed what of the tenant's settings, newest first, with filters in the address. */
export function AuditTab() {
  const { values, set } = useFilters();
  const list = useList("GET /v1/audit", { query: { limit: PAGE_SIZE, ...auditQueryOf(values) } });
  const isFiltered = Object.values(values).some((value) => value !== "");
  const hrefOf = ({ id }: AuditEntryItem) =>
    `/app/keys?${new URLSearchParams({ ...given(values), entry: id }).toString()}`;
  return (
    <>
      <FilterBar values={values} set={set} />
      <ListPanel
        label="Audit log"
        columns={COLUMNS}
        list={list}
        keyOf={({ id }) => id}
        hrefOf={hrefOf}
        empty={
          <Empty
            title={isFiltered ? "No change fits these filters." : "Nothing was changed yet."}
            command={`npx pbt-edge audit --object 'prompt:*'`}
          />
        }
      />
      <EntryDialog items={list.items} />
    </>
  );
}

function useFilters() {
  const [actor] = useUrlState("actor");
  const [action] = useUrlState("action");
  const [object] = useUrlState("object");
  const [from] = useUrlState("from");
  const [to] = useUrlState("to");
  const set = useSetUrlState();
  return { values: { actor, action, object, from, to }, set };
}

function given(values: AuditFilters): Record<string, string> {
  return { tab: "audit", ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) };
}

function FilterBar({ values, set }: ReturnType<typeof useFilters>) {
  const kinds = ACTION_KINDS.map((kind) => [`${kind}.*`, `${kind.replaceAll("_", " ")}: all`] as const);
  const isKind = values.action === "" || kinds.some(([value]) => value === values.action);
  return (
    <div class="filters" role="search" aria-label="Filters">
      <TextField
        label="Actor"
        value={values.actor}
        set={(actor) => set({ actor })}
        placeholder="key_…, root or system"
      />
      <SelectField
        label="Action"
        value={values.action}
        set={(action) => set({ action })}
        options={[["", "any"], ...kinds, ...(isKind ? [] : [[values.action, values.action] as const])]}
      />
      <TextField
        label="Object"
        value={values.object}
        set={(object) => set({ object })}
        placeholder="prompt:support/*"
      />
      <TimeField label="From" time={values.from} set={(from) => set({ from })} />
      <TimeField label="Before" time={values.to} set={(to) => set({ to })} />
    </div>
  );
}

/** A time in the reader's zone; the address has it in UTC. */
function TimeField({ label, time, set }: { label: string; time: string; set: (time: string) => void }) {
  return <TextField label={label} type="datetime-local" value={fieldOf(time)} set={(field) => set(timeOf(field))} />;
}

const COLUMNS: readonly Column<AuditEntryItem>[] = [
  { title: "When", width: "6rem", cell: ({ at }) => <Time at={at} /> },
  { title: "Actor", width: "minmax(6rem, 1fr)", cell: ({ actor }) => <Actor actor={actor} /> },
  { title: "Action", width: "minmax(8rem, 1fr)", cell: ({ action }) => <Badge>{action}</Badge> },
  { title: "Object", width: "minmax(8rem, 2fr)", wide: true, cell: ({ object }) => <ObjectOf object={object} /> },
  {
    title: "Detail",
    width: "minmax(8rem, 3fr)",
    wide: true,
    cell: ({ detail }) => <span class="muted">{detailText(detail)}</span>,
  },
];

function Actor({ actor: { id, name } }: Pick<AuditEntryItem, "actor">) {
  return <span title={id}>{name ?? id}</span>;
}

function ObjectOf({ object }: { object: string }) {
  const href = hrefOfObject(object);
  return href === null ? <>{object}</> : <a href={href}>{object}</a>;
}

/** The entry that the address names, with all of its facts. */
function EntryDialog({ items }: { items: readonly AuditEntryItem[] }) {
  const [id] = useUrlState("entry");
  const set = useSetUrlState();
  const entry = items.find((each) => each.id === id);
  if (!entry) return null;
  const { at, actor, action, object, request_id, detail } = entry;
  return (
    <Dialog title={action} close={() => set({ entry: "" })}>
      <div class="stack">
        <dl class="facts">
          <dt>When</dt>
          <dd>
            {localTime(at)} <span class="muted">{at}</span>
          </dd>
          <dt>Actor</dt>
          <dd>
            {actor.name ?? actor.id}{" "}
            <a href={`/app/keys?${new URLSearchParams({ tab: "audit", actor: actor.id }).toString()}`}>{actor.id}</a>
          </dd>
          <dt>Object</dt>
          <dd>
            <ObjectOf object={object} />
          </dd>
          <dt>Request</dt>
          <dd>
            {request_id === null ? (
              "none"
            ) : (
              <>
                <code>{request_id}</code> <Copy text={request_id} />
              </>
            )}
          </dd>
        </dl>
        <Code label="Detail" text={JSON.stringify(detail, null, 2)} />
      </div>
    </Dialog>
  );
}
