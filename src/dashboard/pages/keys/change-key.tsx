import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Confirm, Dialog, SelectField } from "../../ui/form.tsx";
import { type KeyItem, OVERLAPS } from "./scopes.ts";
import { SecretDialog } from "./secret-dialog.tsx";

interface ChangeKeyProps {
  target: KeyItem;
  close: () => void;
}

/** Gives a key a new secret, and shows it. */
export function RotateKey({ target: { id, name }, close }: ChangeKeyProps) {
  const isOwn = useSession().session.key.id === id;
  const [overlap, setOverlap] = useState("86400");
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = useAction(async () => api.keys.rotate(id, { overlap_seconds: Number(overlap) }), {
    onDone: (key) => {
      setSecret(key.secret);
      rotate.reset();
    },
  });
  if (secret !== null) return <SecretDialog name={name} secret={secret} close={close} />;
  return (
    <Dialog title={`Rotate ${name}`} close={close} isBusy={rotate.isPending}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          rotate.run(undefined);
        }}
      >
        <p>The key keeps its id, scopes and budgets, and gets a new secret.</p>
        <SelectField label="The old secret stays good" value={overlap} set={setOverlap} options={OVERLAPS} />
        {isOwn && <p class="warn">You are signed in with the old secret: this session ends when it does.</p>}
        <ErrorBox error={rotate.error} />
        <div class="row end">
          <button type="submit" class="button primary" disabled={rotate.isPending}>
            Rotate key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Asks, and revokes a key. */
export function DeleteKey({ target: { id, name }, close }: ChangeKeyProps) {
  const isOwn = useSession().session.key.id === id;
  const remove = useAction(async () => api.keys.delete(id), { done: `${name} is deleted.`, onDone: close });
  return (
    <Confirm
      title={`Delete ${name}`}
      action="Delete key"
      isPending={remove.isPending}
      error={remove.error}
      act={() => remove.run(undefined)}
      close={close}
    >
      Calls with this key are refused from now on. What it has executed stays on record.
      {isOwn && <strong class="bad"> You are signed in with it: this session ends at once.</strong>}
    </Confirm>
  );
}
