import { useState } from "preact/hooks";
import { Dialog, TextField } from "../../ui/form.tsx";
import { Copy } from "../../ui/small.tsx";
import { TRACE_ID, traceHref, traceLinkFault } from "./trace-link.ts";

/** Where this browser keeps how traces are opened. */
const KEY = "pbt-trace-link";

/** The trace of an execution, and the way to it where traces go to a collector. */
export function TraceOf({ traceId }: { traceId: string | undefined }) {
  const [template, setTemplate] = useState(() => localStorage.getItem(KEY));
  const [isEditing, setEditing] = useState(false);
  if (traceId === undefined) return <span class="muted">not on record</span>;
  const href = traceHref(template, traceId);
  const save = (text: string) => {
    if (text === "") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
    setTemplate(text === "" ? null : text);
    setEditing(false);
  };
  return (
    <span class="row">
      <code>{traceId}</code> <Copy text={traceId} label="Copy trace id" />
      {href !== null && (
        <a class="button small" href={href} target="_blank" rel="noreferrer">
          Open the trace
        </a>
      )}
      <button type="button" class="button small" onClick={() => setEditing(true)}>
        {href === null ? "Link to a collector…" : "Change the link…"}
      </button>
      {isEditing && <TraceLinkDialog template={template ?? ""} save={save} close={() => setEditing(false)} />}
    </span>
  );
}

interface TraceLinkDialogProps {
  template: string;
  save: (template: string) => void;
  close: () => void;
}

function TraceLinkDialog({ template, save, close }: TraceLinkDialogProps) {
  const [text, setText] = useState(template);
  const fault = text.trim() === "" ? undefined : traceLinkFault(text.trim());
  return (
    <Dialog title="Where traces are" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault === undefined) save(text.trim());
        }}
      >
        <TextField
          label="Address of a trace at your collector"
          value={text}
          set={setText}
          placeholder={`https://tempo.example.com/trace/${TRACE_ID}`}
          hint={`${TRACE_ID} stands for the trace. This browser keeps it; an empty one takes the link away.`}
          fault={fault}
        />
        <p class="hint">
          Traces go to a collector that <code>PUT /v1/telemetry</code> names, or to the deployment's.
        </p>
        <div class="row end">
          <button type="submit" class="button primary" disabled={fault !== undefined}>
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
