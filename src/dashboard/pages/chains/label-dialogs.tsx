import { api } from "../../api/client.ts";
import { showToast } from "../../ui/toasts.tsx";
import { chainLabelGuard } from "../prompts/label-guard.ts";
import { type Meaning, meaningText } from "../prompts/label-meaning.ts";
import { MoveForm } from "../prompts/labels/move-form.tsx";
import { ReasonDialog } from "../prompts/labels/reason-dialog.tsx";

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
  return (
    <MoveForm
      {...{ newest, label, meaning, close }}
      move={async (typed, to, reason) =>
        api.request("PUT /v1/chains/{name}/labels/{label}", {
          path: { name, label: typed },
          ...(await chainLabelGuard({ name, label: typed, meaning })),
          body: { ...to, ...(reason.trim() === "" ? {} : { reason: reason.trim() }) },
        })
      }
      onMoved={(typed, moved) => {
        showToast(`${typed} means ${meaningText(moved)}.`);
        close();
      }}
    />
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
          ...(await chainLabelGuard({ name, label, meaning })),
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
          ...(await chainLabelGuard({ name, label, meaning })),
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
