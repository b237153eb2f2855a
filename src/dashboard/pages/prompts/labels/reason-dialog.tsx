import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useAction } from "../../../api/use-api.ts";
import { ErrorBox } from "../../../ui/error-box.tsx";
import { Dialog, TextField } from "../../../ui/form.tsx";

interface ReasonDialogProps<T> {
  title: string;
  /** What the button says. */
  action: string;
  act: (reason: string | undefined) => Promise<T>;
  done: (result: T) => string;
  close: () => void;
  /** What will happen. */
  children: ComponentChildren;
}

/** Asks for the reason of a change, which the history keeps. */
export function ReasonDialog<T>({ title, action, act, done, close, children }: ReasonDialogProps<T>) {
  const [reason, setReason] = useState("");
  const change = useAction(async () => act(reason.trim() === "" ? undefined : reason.trim()), { done, onDone: close });
  const submit = (event: Event) => {
    event.preventDefault();
    change.run();
  };
  return (
    <Dialog title={title} close={close}>
      <form class="stack" onSubmit={submit}>
        <p>{children}</p>
        <TextField label="Reason" value={reason} set={setReason} hint="It stands in the label's history." />
        <ErrorBox error={change.error} />
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="submit" class="button danger" disabled={change.isPending}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
