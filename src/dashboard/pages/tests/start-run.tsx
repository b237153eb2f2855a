import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { numberOf } from "../../ui/number-of.ts";
import { Dialog, faultOf, TextField } from "../../ui/form.tsx";
import { CostLimitField, VersionField } from "./prompt-choice.tsx";
import { namesOf, versionOf } from "./version-choice.ts";

const EMPTY = { version: "", models: "", repeat: "1", maxCost: "", isReusing: false };

/** The form that starts a run of a prompt's tests. */
export function StartRun({ prompt, close }: { prompt: string; close: () => void }) {
  const { route } = useLocation();
  const [form, setForm] = useState(EMPTY);
  const start = useAction(
    async (_: void, keyOf) => {
      const body = bodyOf(form);
      return api.testRuns.start(prompt, body, { idempotencyKey: keyOf([prompt, body]) });
    },
    { done: ({ id }) => `The tests run: ${id}.`, onDone: ({ id }) => route(`/app/test-runs/${id}`) },
  );
  return (
    <Dialog title={`Run the tests of ${prompt}`} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          start.run(undefined);
        }}
      >
        <RunFields
          prompt={prompt}
          form={form}
          set={(changed) => setForm({ ...form, ...changed })}
          error={start.error}
        />
        <ErrorBox error={start.error} />
        <div class="row end">
          <button type="submit" class="button primary" disabled={start.isPending}>
            {start.isPending ? "Starting…" : "Run tests"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function bodyOf({ version, models, repeat, maxCost, isReusing }: typeof EMPTY) {
  const names = namesOf(models);
  return {
    ...versionOf(version),
    ...(names.length > 0 && { models: names }),
    ...(isReusing && { reuse: true }),
    repeat: numberOf(repeat),
    max_cost_usd: numberOf(maxCost),
  };
}

interface RunFieldsProps {
  prompt: string;
  form: typeof EMPTY;
  set: (changed: Partial<typeof EMPTY>) => void;
  error: Error | null;
}

function RunFields({ prompt, form, set, error }: RunFieldsProps) {
  return (
    <>
      <VersionField prompt={prompt} value={form.version} set={(version) => set({ version })} />
      <TextField
        label="Models"
        value={form.models}
        set={(models) => set({ models })}
        placeholder="the prompt's own"
        hint="Up to 8, between commas. Each runs all tests."
        fault={faultOf(error, "models")}
      />
      <TextField
        label="Trials of each test"
        type="number"
        value={form.repeat}
        set={(repeat) => set({ repeat })}
        hint="1 to 20. With more than one, flaky tests are found and stored answers are not used."
        fault={faultOf(error, "repeat")}
      />
      <CostLimitField value={form.maxCost} set={(maxCost) => set({ maxCost })} error={error} />
      <label class="check">
        <input type="checkbox" checked={form.isReusing} onChange={(e) => set({ isReusing: e.currentTarget.checked })} />
        Reuse stored results of tests whose inputs did not change
      </label>
    </>
  );
}
