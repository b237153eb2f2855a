import { useState } from "preact/hooks";
import { Dialog } from "../../../ui/form.tsx";
import { showToast } from "../../../ui/toasts.tsx";
import { moveLabel } from "../label-guard.ts";
import { type Meaning, meaningText } from "../label-meaning.ts";
import { LivePromotion, type ShownPromotion } from "../promotion-card.tsx";
import { MoveForm } from "./move-form.tsx";

interface MoveDialogProps {
  name: string;
  newest: number;
  /** Null for a new label. */
  label: string | null;
  meaning: Meaning | null;
  close: () => void;
}

/** Points a label of a prompt at a version, or splits it; a protected one by a promotion. */
export function MoveDialog({ name, newest, label, meaning, close }: MoveDialogProps) {
  const [waiting, setWaiting] = useState<{ label: string; promotion: ShownPromotion } | null>(null);
  if (waiting) {
    return (
      <Dialog title={`Move ${waiting.label}`} close={close}>
        <p>{waiting.label} is protected: it moves once all checks have passed. You may close this; it goes on.</p>
        <LivePromotion promotion={waiting.promotion} />
      </Dialog>
    );
  }
  return (
    <MoveForm
      {...{ newest, label, meaning, close }}
      move={async (typed, to, reason) => moveLabel({ name, label: typed, meaning }, to, reason)}
      onMoved={(typed, reply) => {
        if ("promotion" in reply) return setWaiting({ label: typed, promotion: reply.promotion });
        showToast(`${typed} means ${meaningText(reply)}.`);
        return close();
      }}
    />
  );
}
