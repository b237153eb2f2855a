import type { JSX } from "preact";
import type { VariableSpec } from "../../../../domain/prompts/prompt.ts";
import { Field } from "../../../ui/form.tsx";
import { inputOf, textOf } from "./variable-values.ts";

interface VariablesFormProps {
  specs: Record<string, VariableSpec>;
  texts: Readonly<Record<string, string>>;
  set: (name: string, text: string) => void;
  /** By the names of variables. */
  faults: Readonly<Record<string, string>>;
}

/** A field for each variable that a prompt declares or uses. */
export function VariablesForm({ specs, texts, set, faults }: VariablesFormProps) {
  const names = Object.keys(specs);
  if (names.length === 0) return <p class="muted">This prompt has no variables.</p>;
  return (
    <div class="variables-form">
      {Object.entries(specs).map(([name, spec]) => (
        <Field key={name} label={name} hint={hintOf(spec)} fault={faults[name]}>
          {(attributes) => (
            <VariableField {...{ spec, attributes }} text={texts[name] ?? ""} set={(text) => set(name, text)} />
          )}
        </Field>
      ))}
    </div>
  );
}

function hintOf({ type, required, default: fallback, description, min, max }: VariableSpec): string {
  const bounds = [min === undefined ? "" : `from ${min}`, max === undefined ? "" : `to ${max}`]
    .filter(Boolean)
    .join(" ");
  const need = required && fallback === undefined ? "required" : "";
  return [[type, bounds].filter(Boolean).join(" "), need, description].filter(Boolean).join(" · ");
}

interface VariableFieldProps {
  spec: VariableSpec;
  text: string;
  set: (text: string) => void;
  attributes: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean };
}

function VariableField({ spec, text, set, attributes }: VariableFieldProps): JSX.Element {
  const input = inputOf(spec);
  const fallback = textOf(spec, spec.default);
  if (input === "choice" || input === "boolean") {
    const options = input === "boolean" ? [true, false] : (spec.options ?? []);
    return (
      <select {...attributes} value={text} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{fallback === "" ? "not given" : `default: ${fallback}`}</option>
        {options.map((option) => (
          <option key={textOf(spec, option)} value={textOf(spec, option)}>
            {textOf(spec, option)}
          </option>
        ))}
      </select>
    );
  }
  const placeholder = fallback === "" ? PLACEHOLDERS[spec.type] : `default: ${fallback}`;
  if (input === "number") {
    return (
      <input
        {...attributes}
        type="number"
        step={spec.type === "integer" ? 1 : "any"}
        value={text}
        placeholder={placeholder}
        onInput={(event) => set(event.currentTarget.value)}
      />
    );
  }
  return (
    <textarea
      {...attributes}
      rows={text.includes("\n") || text.length > LINE ? 4 : 1}
      spellcheck={false}
      placeholder={placeholder}
      value={text}
      onInput={(event) => set(event.currentTarget.value)}
    />
  );
}

/** Texts that are longer get more lines, in characters. */
const LINE = 60;

const PLACEHOLDERS: Partial<Record<VariableSpec["type"], string>> = {
  list: '["a", "b"]',
  object: '{"key": "value"}',
  messages: '[{"role": "user", "content": "Hello"}]',
  image: 'https://… or {"file_id": …}',
  file: 'https://… or {"file_id": …}',
  audio: "data:audio/wav;base64,…",
};
