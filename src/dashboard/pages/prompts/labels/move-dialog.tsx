import { useState } from "preact/hooks";
import { useAction } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Dialog, TextField } from "../../../ui/form.tsx";
import { showToast } from "../../../ui/toasts.tsx";
import { moveLabel } from "../label-guard.ts";
import { type Meaning, meaningText, rowsOf, splitOf } from "../label-meaning.ts";
import { LivePromotion, type ShownPromotion } from "../promotion-card.tsx";
import { SplitEditor } from "./split-editor.tsx";

interface MoveDialogProps {
  name: string;
  newest: number;
  /** Null for a new label. */
  label: string | null;
  meaning: Meaning | null;
  close: () => void;
}

/** Points a label at a version, or splits it among several by weight. */
export function MoveDialog({ name, newest, label, meaning, close }: MoveDialogProps) {
  const [typed, setTyped] = useState(label ?? "");
  const [rows, setRows] = useState(rowsOf(meaning ?? { version: newest }));
  const [reason, setReason] = useState("");
  const [promotion, setPromotion] = useState<ShownPromotion | null>(null);
  const wanted = splitOf(rows);
  const move = useAction(
    async (split: { version: number; weight: number }[]) => {
      const [only] = split;
      const to = split.length === 1 && only ? { version: only.version } : { split };
      return moveLabel({ name, label: typed, meaning }, to, reason);
    },
    {
      onDone: (reply) => {
        if ("promotion" in reply) return setPromotion(reply.promotion);
        showToast(`${typed} means ${meaningText(reply)}.`);
        return close();
      },
    },
  );
  const submit = (event: Event) => {
    event.preventDefault();
    if ("split" in wanted) move.run(wanted.split);
  };
  if (promotion) {
    return (
      <Dialog title={`Move ${typed}`} close={close}>
        <p>{typed} is protected: it moves once all checks have passed. You may close this; it goes on.</p>
        <LivePromotion promotion={promotion} />
      </Dialog>
    );
  }
  return (
    <Dialog title={label === null ? "New label" : `Move ${label}`} close={close}>
      <form class="stack" onSubmit={submit}>
        {label === null && <TextField label="Label" value={typed} set={setTyped} placeholder="staging" required />}
        {label !== null && <p class="muted">{`${label} means ${meaningText(meaning)} now.`}</p>}
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
