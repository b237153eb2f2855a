import { useState } from "preact/hooks";
import type { OperationResult } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, Field, SelectField } from "../../ui/form.tsx";
import { count, localTime, usd } from "../../ui/format.ts";
import { PlainTable } from "../../ui/table.tsx";
import { rowsOfExport } from "./provider-export.ts";

type Reconciliation = OperationResult<"POST /v1/usage/reconcile">;

/** Compares what was counted here with what a provider's export says. */
export function ReconcileDialog({ close }: { close: () => void }) {
  const [provider, setProvider] = useState("openai");
  const [file, setFile] = useState<File | null>(null);
  const [result, setResult] = useState<Reconciliation | null>(null);
  const compare = useAction(
    async () =>
      api.usage.reconcile({
        provider: provider === "anthropic" ? "anthropic" : "openai",
        rows: rowsOfExport(await (file ?? new Blob()).text()),
      }),
    { onDone: setResult },
  );
  return (
    <Dialog title="Reconcile with a provider's export" close={close}>
      <div class="stack">
        <SelectField
          label="Provider"
          value={provider}
          set={setProvider}
          options={[
            ["openai", "OpenAI"],
            ["anthropic", "Anthropic"],
          ]}
        />
        <Field
          label="Export"
          hint="The JSON of the provider's usage or costs API, by the hour or the day and by model."
        >
          {(attributes) => (
            <input
              {...attributes}
              type="file"
              accept=".json,application/json"
              onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
            />
          )}
        </Field>
        <ErrorBox error={compare.error} />
        {result && <Differences result={result} />}
        <div class="row end">
          <button
            type="button"
            class="button primary"
            disabled={file === null || compare.isPending}
            onClick={() => compare.run(undefined)}
          >
            Compare
          </button>
        </div>
      </div>
    </Dialog>
  );
}

function Differences({ result: { data, unit, compared, not_compared } }: { result: Reconciliation }) {
  const format = unit === "usd" ? usd : count;
  return (
    <div class="stack">
      <p>
        {data.length === 0 ? "No differences" : `${data.length} differences`} in {count(compared.calls)} calls,{" "}
        {count(compared.uncounted_calls)} of which have no usage, {not_compared.length} rows not compared.
      </p>
      {data.length > 0 && (
        <PlainTable
          label="Differences"
          items={data}
          keyOf={({ from, model, kind }) => `${from} ${model} ${kind}`}
          columns={[
            { title: "From", cell: ({ from }) => localTime(from) },
            { title: "Model", cell: ({ model }) => model },
            { title: "Kind", cell: ({ kind }) => kind },
            { title: "Ours", align: "right", cell: ({ ours }) => format(ours) },
            { title: "Theirs", align: "right", cell: ({ theirs }) => format(theirs) },
            { title: "Difference", align: "right", cell: ({ difference }) => format(difference) },
          ]}
        />
      )}
    </div>
  );
}
