import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, faultOf, TextField } from "../../ui/form.tsx";
import { type Meaning, meaningText, rowsOf, splitOf } from "../prompts/label-meaning.ts";
import { ReasonDialog } from "../prompts/labels/reason-dialog.tsx";
import { SplitEditor } from "../prompts/labels/split-editor.tsx";

interface MoveChainLabelProps {
  name: string;
  newest: number;
  /** Null for a new label. */
  label: string | null;
  meaning: Meaning | null;
  close: () => void;
}

/** Points a label of a chain at a version, or splits it among several by weight. */
export function MoveChainLabel({ name, newest, label, meaning, close }: MoveChainLabelProps) {
  const [typed, setTyped] = useState(label ?? "");
  const [rows, setRows] = useState(rowsOf(meaning ?? { version: newest }));
  const [reason, setReason] = useState("");
  const wanted = splitOf(rows);
  const move = useAction(
    async (split: { version: number; weight: number }[]) => {
      const why = reason.trim() === "" ? {} : { reason: reason.trim() };
      const [only] = split;
      return api.request("PUT /v1/chains/{name}/labels/{label}", {
        path: { name, label: typed },
        ...guardOf(meaning),
        body: split.length === 1 && only ? { version: only.version, ...why } : { split, ...why },
      });
    },
    { done: (moved) => `${typed} means ${meaningText(moved)}.`, onDone: close },
  );
  const submit = (event: Event) => {
    event.preventDefault();
    if ("split" in wanted) move.run(wanted.split);
  };
  return (
    <Dialog title={label === null ? "New label" : `Move ${label}`} close={close}>
      <form class="stack" onSubmit={submit}>
        {label === null && (
          <TextField
            label="Label"
            value={typed}
            set={setTyped}
            placeholder="production"
            fault={faultOf(move.error, "label")}
            required
          />
        )}
        <SplitEditor rows={rows} set={setRows} newest={newest} fault={"fault" in wanted ? wanted.fault : undefined} />
        <TextField label="Reason" value={reason} set={setReason} hint="It stands in the label's history." />
        <ErrorBox error={move.error} />
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="submit" class="button primary" disabled={move.isPending || "fault" in wanted || typed === ""}>
            {"split" in wanted ? `Let it mean ${meaningText({ split: wanted.split })}` : "Move"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface LabelChangeProps {
  name: string;
  label: string;
  meaning: Meaning | null;
  close: () => void;
}

/** Points a label of a chain at what it meant before. */
export function RollBackChainLabel({ name, label, meaning, close }: LabelChangeProps) {
  return (
    <ReasonDialog
      title={`Roll back ${label}`}
      action="Roll back"
      act={async (reason) =>
        api.request("POST /v1/chains/{name}/labels/{label}/rollback", {
          path: { name, label },
          ...guardOf(meaning),
          body: reason === undefined ? {} : { reason },
        })
      }
      done={(moved) => `${label} means ${meaningText(moved)} again.`}
      close={close}
    >
      {label} goes back from {meaningText(meaning)} to what it meant before, at once. Runs under way keep their version.
    </ReasonDialog>
  );
}

/** Deletes a label of a chain. */
export function DeleteChainLabel({ name, label, meaning, close }: LabelChangeProps) {
  return (
    <ReasonDialog
      title={`Delete ${label}`}
      action="Delete"
      act={async (reason) =>
        api.request("DELETE /v1/chains/{name}/labels/{label}", {
          path: { name, label },
          ...guardOf(meaning),
          query: reason === undefined ? {} : { reason },
        })
      }
      done={() => `${label} is deleted.`}
      close={close}
    >
      Runs that ask for {label} are refused.
      {label === "production" && " Runs that name neither a version nor a label take the newest version."} Its history
      stays.
    </ReasonDialog>
  );
}

/** What the label must still mean; a split cannot be named so. */
function guardOf(meaning: Meaning | null): { headers?: { "if-match": string } } {
  return meaning?.version === undefined ? {} : { headers: { "if-match": `"${meaning.version}"` } };
}
