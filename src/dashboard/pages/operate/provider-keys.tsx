import { useState } from "preact/hooks";
import type { OperationResult } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm, Dialog, faultOf, SelectField, TextField } from "../../ui/form.tsx";
import { count } from "../../ui/format.ts";
import { numberOf } from "../../ui/number-of.ts";
import { Empty, Panel } from "../../ui/page.tsx";
import { Time } from "../../ui/small.tsx";
import { PlainTable } from "../../ui/table.tsx";

type ProviderKey = OperationResult<"GET /v1/providers/{provider}/keys">["data"][number];

/** The tenant's own keys of providers, with the limits that it gives them. */
export function ProviderKeys({ providers }: { providers: readonly string[] }) {
  const mayChange = useScope("admin");
  const [isAdding, setAdding] = useState(false);
  if (!mayChange) return null;
  return (
    <Panel
      title="Own keys of providers"
      aside={
        <button type="button" class="button small" onClick={() => setAdding(true)}>
          Add a key
        </button>
      }
    >
      {providers.map((provider) => (
        <KeysOf key={provider} provider={provider} />
      ))}
      {isAdding && <AddKey providers={providers} close={() => setAdding(false)} />}
    </Panel>
  );
}

function KeysOf({ provider }: { provider: string }) {
  const { data, error } = useRead("GET /v1/providers/{provider}/keys", { path: { provider } });
  const [deleted, setDeleted] = useState<ProviderKey | null>(null);
  return (
    <div>
      <h3>{provider}</h3>
      <ErrorBox error={error} />
      {data?.data.length === 0 && <Empty title="It has no key of the tenant's own: the deployment's keys are used." />}
      {data && data.data.length > 0 && (
        <PlainTable
          label={`Own keys of ${provider}`}
          items={data.data}
          keyOf={({ name }) => name}
          columns={[
            { title: "Name", cell: ({ name }) => name },
            { title: "Key", cell: ({ api_key }) => <code>{api_key}</code> },
            { title: "Requests/min", align: "right", cell: ({ rpm }) => count(rpm) },
            { title: "Tokens/min", align: "right", cell: ({ tpm }) => count(tpm) },
            { title: "Concurrent", align: "right", wide: true, cell: (key) => count(key.max_concurrency) },
            { title: "Changed", align: "right", wide: true, cell: ({ updated_at }) => <Time at={updated_at} /> },
            {
              title: "Delete",
              cell: (key) => (
                <button
                  type="button"
                  class="button small"
                  aria-label={`Delete ${key.name}`}
                  onClick={() => setDeleted(key)}
                >
                  Delete
                </button>
              ),
            },
          ]}
        />
      )}
      {deleted && <DeleteKey {...deleted} close={() => setDeleted(null)} />}
    </div>
  );
}

function DeleteKey({ provider, name, close }: { provider: string; name: string; close: () => void }) {
  const remove = useAction(
    async () => api.request("DELETE /v1/providers/{provider}/keys/{name}", { path: { provider, name } }),
    {
      done: `The key ${name} is deleted.`,
      onDone: close,
    },
  );
  return (
    <Confirm
      title={`Delete the key ${name}`}
      action="Delete"
      isPending={remove.isPending}
      error={remove.error}
      act={() => remove.run(undefined)}
      close={close}
    >
      {provider} is no longer called with it. Calls under way end as they are.
    </Confirm>
  );
}

function AddKey({ providers, close }: { providers: readonly string[]; close: () => void }) {
  const [provider, setProvider] = useState(providers[0] ?? "openai");
  const [name, setName] = useState("");
  const [apiKey, setApiKey] = useState("");
  const [rpm, setRpm] = useState("");
  const [tpm, setTpm] = useState("");
  const add = useAction(
    async () =>
      api.request("PUT /v1/providers/{provider}/keys/{name}", {
        path: { provider, name },
        body: { api_key: apiKey, rpm: numberOf(rpm), tpm: numberOf(tpm) },
      }),
    { done: `The key ${name} is stored.`, onDone: close },
  );
  return (
    <Dialog title="Add a provider's key" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          add.run(undefined);
        }}
      >
        <SelectField
          label="Provider"
          value={provider}
          set={setProvider}
          options={providers.map((each) => [each, each] as const)}
        />
        <TextField label="Name" value={name} set={setName} fault={faultOf(add.error, "name")} required />
        <TextField
          label="API key"
          type="password"
          value={apiKey}
          set={setApiKey}
          hint="It is stored encrypted and never shown again."
          fault={faultOf(add.error, "api_key")}
          required
        />
        <TextField label="Requests a minute" type="number" value={rpm} set={setRpm} fault={faultOf(add.error, "rpm")} />
        <TextField label="Tokens a minute" type="number" value={tpm} set={setTpm} fault={faultOf(add.error, "tpm")} />
        <ErrorBox error={add.error} />
        <div class="row end">
          <button type="submit" class="button primary" disabled={add.isPending || name === "" || apiKey === ""}>
            Store
          </button>
        </div>
      </form>
    </Dialog>
  );
}
