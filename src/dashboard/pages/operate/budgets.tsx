import { useState } from "preact/hooks";
import type { OperationResult } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm, Dialog, faultOf, TextField } from "../../ui/form.tsx";
import { percent, usd } from "../../ui/format.ts";
import { numberOf } from "../../ui/number-of.ts";
import { Empty, Page, Panel, Skeleton } from "../../ui/page.tsx";
import { Time } from "../../ui/small.tsx";
import { PlainTable } from "../../ui/table.tsx";
import "../../styles/operate.css";

const EVERY_MS = 5_000;
const HEIGHT_PX = 240;
const NEAR = 0.8;

type BudgetRow = OperationResult<"GET /v1/budgets">["data"][number];

/** What may be spent, what is, and what is reserved for calls under way. */
export function BudgetsPage() {
  const { data, error, refetch } = useRead("GET /v1/budgets", {}, { everyMs: EVERY_MS });
  const [edited, setEdited] = useState<string | null>(null);
  const [deleted, setDeleted] = useState<string | null>(null);
  const mayChange = useScope("admin");
  const rows = data?.data ?? [];
  return (
    <Page
      title="Budgets"
      actions={
        mayChange && (
          <button type="button" class="button primary" onClick={() => setEdited("tenant")}>
            Set a budget
          </button>
        )
      }
    >
      <ErrorBox error={error} retry={() => void refetch()} />
      <Panel>
        {!data && !error && <Skeleton height={HEIGHT_PX} />}
        {data && rows.length === 0 && (
          <Empty
            title="There is no budget. Nothing is refused for its cost."
            command="npx pbt-edge budget set tenant --monthly 100"
          />
        )}
        {rows.length > 0 && (
          <PlainTable
            label="Budgets"
            items={rows}
            keyOf={({ scope, window }) => `${scope} ${window}`}
            columns={[
              { title: "Scope", cell: ({ scope }) => scope },
              { title: "Window", wide: true, cell: ({ window }) => window },
              { title: "Used", cell: (row) => <BudgetBar row={row} /> },
              { title: "Spent", align: "right", cell: ({ spent_usd }) => usd(spent_usd) },
              { title: "Reserved", align: "right", wide: true, cell: ({ reserved_usd }) => usd(reserved_usd) },
              { title: "Limit", align: "right", cell: ({ limit_usd }) => usd(limit_usd) },
              { title: "Resets", align: "right", wide: true, cell: ({ resets_at }) => <Time at={resets_at} /> },
              ...(mayChange
                ? [
                    {
                      title: "Change",
                      cell: (row: BudgetRow) => <RowActions row={row} edit={setEdited} remove={setDeleted} />,
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Panel>
      {edited !== null && <BudgetDialog scope={edited} rows={rows} close={() => setEdited(null)} />}
      {deleted !== null && <DeleteBudget scope={deleted} close={() => setDeleted(null)} />}
    </Page>
  );
}

interface RowActionsProps {
  row: BudgetRow;
  edit: (scope: string) => void;
  remove: (scope: string) => void;
}

function RowActions({ row: { scope }, edit, remove }: RowActionsProps) {
  return (
    <span class="row">
      <button type="button" class="button small" aria-label={`Edit ${scope}`} onClick={() => edit(scope)}>
        Edit
      </button>
      <button type="button" class="button small" aria-label={`Delete ${scope}`} onClick={() => remove(scope)}>
        Delete
      </button>
    </span>
  );
}

function BudgetBar({ row: { spent_usd, reserved_usd, limit_usd } }: { row: BudgetRow }) {
  const spent = limit_usd === 0 ? 1 : Math.min(1, spent_usd / limit_usd);
  const reserved = limit_usd === 0 ? 0 : Math.min(1 - spent, reserved_usd / limit_usd);
  return (
    <span class="meter">
      <span class="meter-bar" aria-hidden="true">
        <i class={spent >= NEAR ? "near" : ""} style={{ width: `${100 * spent}%` }} />
        <i class="reserved" style={{ width: `${100 * reserved}%` }} />
      </span>
      <span class={spent >= NEAR ? "bad" : ""}>{percent(spent)}</span>
    </span>
  );
}

interface BudgetDialogProps {
  scope: string;
  rows: readonly BudgetRow[];
  close: () => void;
}

function BudgetDialog({ scope: first, rows, close }: BudgetDialogProps) {
  const limitOf = (window: string) => rows.find((row) => row.scope === first && row.window === window)?.limit_usd;
  const [scope, setScope] = useState(first);
  const [daily, setDaily] = useState(String(limitOf("daily") ?? ""));
  const [monthly, setMonthly] = useState(String(limitOf("monthly") ?? ""));
  const save = useAction(
    async () =>
      api.request("PUT /v1/budgets/{scope}", {
        path: { scope },
        body: { daily_usd: numberOf(daily), monthly_usd: numberOf(monthly) },
      }),
    { done: `The budget of ${scope} is set.`, onDone: close },
  );
  return (
    <Dialog title="Set a budget" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.run(undefined);
        }}
      >
        <TextField
          label="Scope"
          value={scope}
          set={setScope}
          hint="tenant, key:<id> or prompt:<name>"
          fault={faultOf(save.error, "scope")}
          required
        />
        <TextField
          label="Daily limit, US dollars"
          type="number"
          value={daily}
          set={setDaily}
          fault={faultOf(save.error, "daily_usd")}
        />
        <TextField
          label="Monthly limit, US dollars"
          type="number"
          value={monthly}
          set={setMonthly}
          hint="A call whose worst case does not fit is refused before it is made."
          fault={faultOf(save.error, "monthly_usd")}
        />
        <ErrorBox error={save.error} />
        <div class="row end">
          <button type="submit" class="button primary" disabled={save.isPending || (daily === "" && monthly === "")}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteBudget({ scope, close }: { scope: string; close: () => void }) {
  const remove = useAction(async () => api.request("DELETE /v1/budgets/{scope}", { path: { scope } }), {
    done: `The budget of ${scope} is deleted.`,
    onDone: close,
  });
  return (
    <Confirm
      title="Delete a budget"
      action="Delete"
      isPending={remove.isPending}
      error={remove.error}
      act={() => remove.run(undefined)}
      close={close}
    >
      Calls of {scope} are no longer refused for their cost.
    </Confirm>
  );
}
