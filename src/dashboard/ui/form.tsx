import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

export { faultOf } from "./field-faults.ts";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  /** What is wrong with it. */
  fault?: string | undefined;
  children: (attributes: {
    id: string;
    "aria-describedby": string | undefined;
    "aria-invalid": boolean;
  }) => JSX.Element;
}

/** A field of a form with its name, a hint and its fault. */
export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
        "aria-invalid": fault !== undefined,
      })}
      {note !== undefined && (
        <p id={`${id}-note`} class={fault === undefined ? "hint" : "hint bad"}>
          {note}
        </p>
      )}
    </div>
  );
}

interface TextFieldProps {
  label: string;
  value: string;
  set: (value: string) => void;
  hint?: string;
  fault?: string | undefined;
  type?: "text" | "password" | "number" | "url" | "datetime-local";
  placeholder?: string;
  required?: boolean;
}

/** A field for one line of text. */
export function TextField({ label, value, set, hint, fault, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(attributes) => (
        <input
          {...attributes}
          {...input}
          // A number may have decimals; what it may be is for the API to say.
          step={input.type === "number" ? "any" : undefined}
          value={value}
          autoComplete="off"
          onInput={(e) => set(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface TextAreaFieldProps {
  label: string;
  value: string;
  set: (value: string) => void;
  rows?: number;
  hint?: string;
  fault?: string | undefined;
}

/** A field for many lines of text. */
export function TextAreaField({ label, value, set, hint, fault, rows = 6 }: TextAreaFieldProps) {
  return (
    <Field label={label} hint={hint} fault={fault}>
      {(attributes) => (
        <textarea {...attributes} rows={rows} spellcheck={false} onInput={(e) => set(e.currentTarget.value)}>
          {value}
        </textarea>
      )}
    </Field>
  );
}

interface SelectFieldProps {
  label: string;
  value: string;
  set: (value: string) => void;
  options: readonly (readonly [value: string, title: string])[];
  hint?: string;
}

/** A choice of few. */
export function SelectField({ label, value, set, options, hint }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(attributes) => (
        <select {...attributes} value={value} onChange={(e) => set(e.currentTarget.value)}>
          {options.map(([option, title]) => (
            <option key={option} value={option}>
              {title}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface DialogProps {
  title: string;
  close: () => void;
  /** It stays open until its answer has come, because what comes is shown only here. */
  isBusy?: boolean;
  children: ComponentChildren;
}

/** A modal dialog, open as long as it is shown; Escape closes it. */
export function Dialog({ title, close, isBusy = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => giveFocusBack(before);
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      aria-busy={isBusy}
      onCancel={(event) => isBusy && event.preventDefault()}
      // Browsers let a second Escape through.
      onClose={() => (isBusy ? ref.current?.showModal() : close())}
    >
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          class="button small"
          aria-label="Close"
          disabled={isBusy}
          onClick={() => ref.current?.close()}
        >
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

/**
 * A browser gives the focus back where a dialog is closed, not where it is taken away. While the
 * dialog is there nothing else can have the focus, so it is given once that is gone.
 */
function giveFocusBack(to: Element | null): void {
  setTimeout(() => {
    if (document.activeElement === document.body && to instanceof HTMLElement) to.focus();
  });
}

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ComponentChildren;
  /** What the button says: the verb. */
  action: string;
  isPending: boolean;
  error: Error | null;
  act: () => void;
  close: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm({ title, children, action, isPending, error, act, close }: ConfirmProps) {
  return (
    <Dialog title={title} close={close}>
      <div class="stack">
        <p>{children}</p>
        {error && (
          <p class="bad" role="alert">
            {error.message}
          </p>
        )}
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep
          </button>
          <button type="button" class="button danger" disabled={isPending} onClick={act}>
            {action}
          </button>
        </div>
      </div>
    </Dialog>
  );
}
