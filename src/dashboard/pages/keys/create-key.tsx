import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, faultOf, TextField } from "../../ui/form.tsx";
import { grantableScopes, type ScopeName } from "./scopes.ts";
import { SecretDialog } from "./secret-dialog.tsx";

interface KeyForm {
  name: string;
  scopes: readonly ScopeName[];
  /** As the browser's field has it, in the reader's own time. */
  expires: string;
  daily: string;
  monthly: string;
}

const EMPTY: KeyForm = { name: "", scopes: [], expires: "", daily: "", monthly: "" };

/** The form of a new key, and then its secret. */
export function CreateKey({ close }: { close: () => void }) {
  const [form, setForm] = useState(EMPTY);
  const [secret, setSecret] = useState<string | null>(null);
  const set = (changed: Partial<KeyForm>) => setForm({ ...form, ...changed });
  const create = useAction(async () => api.keys.create(bodyOf(form)), {
    onDone: (key) => {
      setSecret(key.secret);
      create.reset();
    },
  });
  if (secret !== null) return <SecretDialog name={form.name} secret={secret} close={close} />;
  const fault = (path: string) => faultOf(create.error, path);
  return (
    <Dialog title="Create a key" close={close} isBusy={create.isPending}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.run(undefined);
        }}
      >
        <TextField label="Name" value={form.name} set={(name) => set({ name })} fault={fault("name")} required />
        <ScopeFields scopes={form.scopes} set={(scopes) => set({ scopes })} />
        <TextField
          label="Expires"
          type="datetime-local"
          value={form.expires}
          set={(expires) => set({ expires })}
          hint="Left empty, it does not expire."
          fault={fault("expires_at")}
        />
        <BudgetFields form={form} set={set} error={create.error} />
        <ErrorBox error={create.error} />
        <div class="row end">
          <button
            type="submit"
            class="button primary"
            disabled={create.isPending || form.name.trim() === "" || form.scopes.length === 0}
          >
            Create key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface BudgetFieldsProps {
  form: KeyForm;
  set: (changed: Partial<KeyForm>) => void;
  error: Error | null;
}

function BudgetFields({ form, set, error }: BudgetFieldsProps) {
  return (
    <>
      <TextField
        label="Daily budget, US dollars"
        type="number"
        value={form.daily}
        set={(daily) => set({ daily })}
        placeholder="none"
        fault={faultOf(error, "daily_budget_usd")}
      />
      <TextField
        label="Monthly budget, US dollars"
        type="number"
        value={form.monthly}
        set={(monthly) => set({ monthly })}
        placeholder="none"
        fault={faultOf(error, "monthly_budget_usd")}
      />
    </>
  );
}

function bodyOf({ name, scopes, expires, daily, monthly }: KeyForm) {
  return {
    name: name.trim(),
    scopes: [...scopes],
    ...(expires !== "" && { expires_at: new Date(expires).toISOString() }),
    ...(daily !== "" && { daily_budget_usd: Number(daily) }),
    ...(monthly !== "" && { monthly_budget_usd: Number(monthly) }),
  };
}

function ScopeFields({ scopes, set }: { scopes: readonly ScopeName[]; set: (scopes: readonly ScopeName[]) => void }) {
  const { key } = useSession().session;
  const toggle = (scope: ScopeName, isGiven: boolean) =>
    set(isGiven ? [...scopes, scope] : scopes.filter((each) => each !== scope));
  return (
    <fieldset class="scopes">
      <legend>Scopes</legend>
      {grantableScopes(key.scopes).map(([scope, meaning]) => (
        <label key={scope} class="check">
          <input
            type="checkbox"
            checked={scopes.includes(scope)}
            onChange={(e) => toggle(scope, e.currentTarget.checked)}
          />
          <code>{scope}</code> <span class="muted">{meaning}</span>
        </label>
      ))}
    </fieldset>
  );
}
