import { useId } from "preact/hooks";
import { useList, useRead } from "../../api/use-api.ts";
import { faultOf, Field, SelectField, TextField } from "../../ui/form.tsx";
import { versionOptions } from "./version-choice.ts";

const PAGE_SIZE = 200;

interface PromptChoiceProps {
  value: string;
  set: (name: string) => void;
  fault?: string | undefined;
}

/** Chooses a stored prompt by its name: the first ones are suggested, any may be written. */
export function PromptChoice({ value, set, fault }: PromptChoiceProps) {
  const prompts = useList("GET /v1/prompts", { query: { limit: PAGE_SIZE } });
  const listId = useId();
  return (
    <Field label="Prompt" fault={fault}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            key={value}
            list={listId}
            defaultValue={value}
            placeholder="its whole name"
            autoComplete="off"
            onChange={(e) => set(e.currentTarget.value.trim())}
          />
          <datalist id={listId}>
            {prompts.items.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

interface VersionFieldProps {
  label?: string;
  prompt: string;
  value: string;
  set: (value: string) => void;
}

/** Chooses one of a prompt's labels and versions. */
export function VersionField({ label = "Version or label", prompt, value, set }: VersionFieldProps) {
  const request = { path: { name: prompt }, query: { limit: 100 } };
  const isChosen = { enabled: prompt !== "" };
  const labels = useRead("GET /v1/prompts/{name}/labels", request, isChosen);
  const versions = useRead("GET /v1/prompts/{name}/versions", request, isChosen);
  const options = versionOptions(labels.data?.data ?? [], versions.data?.data ?? []);
  return <SelectField label={label} value={value} set={set} options={options} />;
}

interface CostLimitFieldProps {
  value: string;
  set: (value: string) => void;
  error: Error | null;
}

/** What all executions together may cost. */
export function CostLimitField({ value, set, error }: CostLimitFieldProps) {
  return (
    <TextField
      label="Most it may cost, US dollars"
      type="number"
      value={value}
      set={set}
      placeholder="no limit"
      fault={faultOf(error, "max_cost_usd")}
    />
  );
}
