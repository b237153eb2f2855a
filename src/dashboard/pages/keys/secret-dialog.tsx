import { Dialog } from "../../ui/form.tsx";
import { Copy } from "../../ui/small.tsx";

/**
 * Shows a secret, which is kept nowhere once it is closed. It begins at the button that copies: a
 * second Enter in the form before must not close it.
 */
export function SecretDialog({ name, secret, close }: { name: string; secret: string; close: () => void }) {
  return (
    <Dialog title={`The secret of ${name}`} close={close}>
      <div class="stack">
        <p>Copy it now: it is stored nowhere, and is not shown again.</p>
        <p class="row">
          <code class="secret">{secret}</code> <Copy text={secret} label="Copy secret" autofocus />
        </p>
        <div class="row end">
          <button type="button" class="button primary" onClick={close}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
