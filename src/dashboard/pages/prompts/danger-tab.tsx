import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { Dialog, TextField } from "../../ui/form.tsx";
import { Panel } from "../../ui/page.tsx";

/** What cannot be undone: deleting the prompt. Dropping its stored answers can. */
export function DangerTab({ name }: { name: string }) {
  const [isDeleting, setDeleting] = useState(false);
  const mayWrite = useScope("prompts:write");
  const drop = useAction(async () => api.prompts.dropAnswers(name), { done: "Its stored answers are dropped." });
  if (!mayWrite) return <Panel title="Danger">Deleting a prompt needs the scope prompts:write.</Panel>;
  return (
    <Panel title="Danger">
      <div class="stack">
        <div class="row between">
          <p>
            <b>Drop stored answers.</b> <span class="muted">The next executions call the model again.</span>
          </p>
          <button type="button" class="button" disabled={drop.isPending} onClick={() => drop.run()}>
            Drop stored answers
          </button>
        </div>
        <ErrorBox error={drop.error} />
        <div class="row between">
          <p>
            <b>Delete the prompt.</b>{" "}
            <span class="muted">
              Its versions and labels go at once, and callers get a 404. Records of executions and the history of labels
              stay. A prompt with a protected label cannot be deleted.
            </span>
          </p>
          <button type="button" class="button danger" onClick={() => setDeleting(true)}>
            Delete…
          </button>
        </div>
      </div>
      {isDeleting && <DeleteDialog name={name} close={() => setDeleting(false)} />}
    </Panel>
  );
}

function DeleteDialog({ name, close }: { name: string; close: () => void }) {
  const [typed, setTyped] = useState("");
  const { route } = useLocation();
  const remove = useAction(async () => api.prompts.delete(name), {
    done: `${name} is deleted.`,
    onDone: () => route("/app/prompts", true),
  });
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed === name) remove.run();
  };
  return (
    <Dialog title={`Delete ${name}`} close={close}>
      <form class="stack" onSubmit={submit}>
        <p>All versions and labels of {name} are deleted. This cannot be undone.</p>
        <TextField label={`Type ${name} to delete it`} value={typed} set={setTyped} />
        <ErrorBox error={remove.error} />
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="submit" class="button danger" disabled={typed !== name || remove.isPending}>
            Delete
          </button>
        </div>
      </form>
    </Dialog>
  );
}
