import { useId, useState } from "preact/hooks";
import { useAction, useRead } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, Field, faultOf, TextField } from "../../ui/form.tsx";
import { moveLabel } from "./label-guard.ts";
import { type Meaning, meaningText } from "./label-meaning.ts";
import { LivePromotion, type ShownPromotion } from "./promotion-card.tsx";

const DEFAULT_LABEL = "production";
const MOST_LABELS = 200;

interface PromoteDialogProps {
  name: string;
  version: number;
  close: () => void;
}

/**
 * Points a label at a version. A protected label shows its checks until it has moved or was
 * refused.
 */
export function PromoteDialog({ name, version, close }: PromoteDialogProps) {
  const [label, setLabel] = useState(DEFAULT_LABEL);
  const [reason, setReason] = useState("");
  const [outcome, setOutcome] = useState<ShownPromotion | "moved" | null>(null);
  const { data: labels, error } = useRead("GET /v1/prompts/{name}/labels", {
    path: { name },
    query: { limit: MOST_LABELS },
  });
  const now = labels?.data.find((each) => each.label === label);
  const move = useAction(async () => moveLabel({ name, label, meaning: now ?? null }, { version }, reason), {
    onDone: (reply) => setOutcome("promotion" in reply ? reply.promotion : "moved"),
  });
  const submit = (event: Event) => {
    event.preventDefault();
    move.run();
  };
  return (
    <Dialog title={`Promote #${version} of ${name}`} close={close}>
      {outcome === null ? (
        <form class="stack" onSubmit={submit}>
          <LabelField {...{ label, setLabel }} known={labels?.data ?? []} fault={faultOf(move.error, "label")} />
          <p class="muted" role="status">
            {labels ? `${label} means ${meaningText(now)} now.` : "…"}
          </p>
          <TextField label="Reason" value={reason} set={setReason} hint="It stands in the label's history." />
          <ErrorBox error={move.error ?? error} />
          <div class="row end">
            <button type="submit" class="button primary" disabled={move.isPending || !labels || label === ""}>
              Point {label} at #{version}
            </button>
          </div>
        </form>
      ) : (
        <div class="stack">
          {outcome === "moved" ? (
            <p class="good" role="status">
              {label} means #{version} now.
            </p>
          ) : (
            <>
              <p>{label} is protected: it moves once all checks have passed. You may close this; it goes on.</p>
              <LivePromotion promotion={outcome} />
            </>
          )}
          <div class="row end">
            <button type="button" class="button" onClick={close}>
              Done
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

interface LabelFieldProps {
  label: string;
  setLabel: (label: string) => void;
  known: readonly ({ label: string } & Meaning)[];
  fault: string | undefined;
}

function LabelField({ label, setLabel, known, fault }: LabelFieldProps) {
  const list = useId();
  return (
    <Field label="Label" hint="A label that the prompt has, or a new one." fault={fault}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            list={list}
            autofocus
            value={label}
            autoComplete="off"
            onInput={(event) => setLabel(event.currentTarget.value.trim())}
          />
          <datalist id={list}>
            {known.map((each) => (
              <option key={each.label} value={each.label}>
                {meaningText(each)}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
