import { useState } from "preact/hooks";
import { useAction } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Dialog, faultOf, TextField } from "../../../ui/form.tsx";
import { type Meaning, meaningText, rowsOf, splitOf } from "../label-meaning.ts";
import { SplitEditor } from "./split-editor.tsx";

/** What a label is to mean: one version, or several by weight. */
export type LabelTarget = { version: number } | { split: { version: number; weight: number }[] };

interface MoveFormProps<T> {
  newest: number;
  /** Null for a new label. */
  label: string | null;
  meaning: Meaning | null;
  move: (label: string, to: LabelTarget, reason: string) => Promise<T>;
  onMoved: (label: string, reply: T) => void;
  close: () => void;
}

/** Asks what a label is to mean, and why, and moves it. */
export function MoveForm<T>({ newest, label, meaning, move, onMoved, close }: MoveFormProps<T>) {
  const [typed, setTyped] = useState(label ?? "");
  const [rows, setRows] = useState(rowsOf(meaning ?? { version: newest }));
  const [reason, setReason] = useState("");
  const wanted = splitOf(rows);
  const action = useAction(async (to: LabelTarget) => move(typed, to, reason), {
    onDone: (reply) => onMoved(typed, reply),
  });
  const submit = (event: Event) => {
    event.preventDefault();
    if ("fault" in wanted) return;
    const [only] = wanted.split;
    action.run(wanted.split.length === 1 && only ? { version: only.version } : { split: wanted.split });
  };
  return (
    <Dialog title={label === null ? "New label" : `Move ${label}`} close={close}>
      <form class="stack" onSubmit={submit}>
        {label === null && (
          <TextField
            label="Label"
            value={typed}
            set={setTyped}
            placeholder="staging"
            fault={faultOf(action.error, "label")}
            required
          />
        )}
        {label !== null && <p class="muted">{`${label} means ${meaningText(meaning)} now.`}</p>}
        <SplitEditor rows={rows} set={setRows} newest={newest} fault={"fault" in wanted ? wanted.fault : undefined} />
        <TextField label="Reason" value={reason} set={setReason} hint="It stands in the label's history." />
        <ErrorBox error={action.error} />
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="submit" class="button primary" disabled={action.isPending || "fault" in wanted || typed === ""}>
            {"split" in wanted ? `Let it mean ${meaningText({ split: wanted.split })}` : "Move"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
