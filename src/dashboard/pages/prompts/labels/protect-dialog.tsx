import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { OperationBody, OperationResult } from "../../../../client/index.ts";
import { api } from "../../../api/client.ts";
import { useAction } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Dialog, faultOf, TextField } from "../../../ui/form.tsx";

type Protection = OperationResult<"GET /v1/prompts/{name}/labels/{label}/protection">;
type ProtectionBody = OperationBody<"PUT /v1/prompts/{name}/labels/{label}/protection">;

interface ProtectDialogProps {
  name: string;
  label: string;
  protection: Protection;
  close: () => void;
}

/** Says what a label has to pass before it moves, and when a split goes back by itself. */
export function ProtectDialog({ name, label, protection, close }: ProtectDialogProps) {
  const [rules, setRules] = useState<ProtectionBody>(protection);
  const [rate, setRate] = useState(String(protection.auto_rollback?.false_alarm_rate ?? 0.01));
  const change = (changed: Partial<ProtectionBody>) => setRules({ ...rules, ...changed });
  const save = useAction(
    async () => {
      const { auto_rollback, ...gates } = rules;
      const watched = auto_rollback && { ...auto_rollback, false_alarm_rate: Number(rate) };
      return api.labels.protect(name, label, { ...gates, ...(watched ? { auto_rollback: watched } : {}) });
    },
    { done: `The protection of ${label} is set.`, onDone: close },
  );
  const submit = (event: Event) => {
    event.preventDefault();
    save.run();
  };
  return (
    <Dialog title={`Protect ${label}`} close={close}>
      <form class="stack" onSubmit={submit}>
        <fieldset class="group stack">
          <legend>Before it moves</legend>
          <Check checked={rules.compatible_variables} set={(compatible_variables) => change({ compatible_variables })}>
            The new version takes the variables that callers give
          </Check>
          <Check checked={rules.tests} set={(tests) => change({ tests })}>
            The new version's tests pass about as often as with the served version
          </Check>
          <TextField
            label="Approvals by other keys, 0 to 5"
            type="number"
            value={String(rules.approvals)}
            set={(text) => change({ approvals: Number(text) })}
            fault={faultOf(save.error, "approvals")}
          />
        </fieldset>
        <WatchFields
          watch={rules.auto_rollback}
          set={(auto_rollback) => change({ auto_rollback })}
          rate={rate}
          setRate={setRate}
          fault={faultOf(save.error, "auto_rollback.false_alarm_rate")}
        />
        <p class="hint">Promotions of the label that are pending under other rules are cancelled.</p>
        <ErrorBox error={save.error} />
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="submit" class="button primary" disabled={save.isPending}>
            Set protection
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface WatchFieldsProps {
  watch: ProtectionBody["auto_rollback"];
  set: (watch: ProtectionBody["auto_rollback"]) => void;
  rate: string;
  setRate: (rate: string) => void;
  fault: string | undefined;
}

/** When a split goes back by itself; never where nothing counts. */
function WatchFields({ watch, set, rate, setRate, fault }: WatchFieldsProps) {
  const change = (changed: { errors?: boolean; feedback?: boolean; tests?: boolean }) => {
    const next = { errors: false, feedback: false, tests: false, ...watch, ...changed };
    set(next.errors || next.feedback || next.tests ? next : undefined);
  };
  return (
    <fieldset class="group stack">
      <legend>A split goes back by itself where a new version is proven worse</legend>
      <Check checked={watch?.errors === true} set={(errors) => change({ errors })}>
        by the share of failed executions
      </Check>
      <Check checked={watch?.feedback === true} set={(feedback) => change({ feedback })}>
        by the scores of feedback
      </Check>
      <Check checked={watch?.tests === true} set={(tests) => change({ tests })}>
        by runs of its tests
      </Check>
      {watch && (
        <TextField
          label="False alarms over the life of a split, 0.0001 to 0.1"
          value={rate}
          set={setRate}
          fault={fault}
        />
      )}
    </fieldset>
  );
}

interface CheckProps {
  checked: boolean;
  set: (checked: boolean) => void;
  children: ComponentChildren;
}

function Check({ checked, set, children }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => set(event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}
