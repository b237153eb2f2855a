import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { api } from "../../api/client.ts";
import { useScope } from "../../api/session.tsx";
import { useAction } from "../../api/use-api.ts";
import { ErrorBox } from "../../ui/error-box.tsx";
import { faultOf, SelectField, TextAreaField, TextField } from "../../ui/form.tsx";
import { Empty, Page, Panel } from "../../ui/page.tsx";
import { useUrlState } from "../../ui/url-state.ts";
import { letterOf } from "./comparison.ts";
import { comparisonBody, type ComparisonForm, type SubjectChoice, SUBJECTS } from "./comparison-request.ts";
import { CostLimitField, PromptChoice, VersionField } from "./prompt-choice.tsx";
import "../../styles/tests.css";

const EMPTY_FORM: Omit<ComparisonForm, "prompt"> = {
  subjects: [
    { version: "", model: "" },
    { version: "label:latest", model: "" },
  ],
  source: "tests",
  inputs: "",
  isJudged: false,
  criteria: "",
  judgeModel: "",
  repeat: "1",
  maxCost: "",
};

/** The form that starts a comparison. */
export function ComparePage() {
  const mayCompare = useScope("executions:write");
  return (
    <Page title="New comparison" before={<a href="/app/tests?tab=comparisons">Comparisons</a>}>
      <Panel class="form-narrow">
        {mayCompare ? (
          <CompareForm />
        ) : (
          <Empty title="Comparing needs the scope executions:write, which this key has not." />
        )}
      </Panel>
    </Page>
  );
}

function CompareForm() {
  const { route } = useLocation();
  const [prompt, setPrompt] = useUrlState("prompt");
  const [form, setForm] = useState(EMPTY_FORM);
  const set = (changed: Partial<ComparisonForm>) => setForm({ ...form, ...changed });
  const compare = async (_: void, keyOf: (request: unknown) => string) => {
    const body = comparisonBody({ ...form, prompt });
    return api.comparisons.start(body, { idempotencyKey: keyOf(body) });
  };
  const start = useAction(compare, {
    done: ({ id }) => `The comparison has begun: ${id}.`,
    onDone: ({ id }) => route(`/app/comparisons/${id}`),
  });
  const fault = (path: string) => faultOf(start.error, path);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        start.run(undefined);
      }}
    >
      <PromptChoice value={prompt} set={setPrompt} fault={fault("prompt")} />
      <SubjectFields prompt={prompt} subjects={form.subjects} set={(subjects) => set({ subjects })} />
      <InputFields form={form} set={set} error={start.error} />
      <JudgeFields form={form} set={set} />
      <TextField
        label="Answers of each subject to each input"
        type="number"
        value={form.repeat}
        set={(repeat) => set({ repeat })}
        fault={fault("repeat")}
      />
      <CostLimitField value={form.maxCost} set={(maxCost) => set({ maxCost })} error={start.error} />
      <ErrorBox error={start.error} />
      <div class="row end">
        <button type="submit" class="button primary" disabled={prompt === "" || start.isPending}>
          {start.isPending ? "Starting…" : "Compare"}
        </button>
      </div>
    </form>
  );
}

interface SubjectFieldsProps {
  prompt: string;
  subjects: readonly SubjectChoice[];
  set: (subjects: readonly SubjectChoice[]) => void;
}

function SubjectFields({ prompt, subjects, set }: SubjectFieldsProps) {
  const change = (place: number, changed: Partial<SubjectChoice>) =>
    set(subjects.map((subject, index) => (index === place ? { ...subject, ...changed } : subject)));
  return (
    <fieldset class="subjects" aria-label="Subjects">
      {subjects.map(({ version, model }, place) => {
        const letter = letterOf(place);
        return (
          <div class="subject" key={letter}>
            <b aria-hidden="true">{letter}</b>
            <VersionField
              label={`Version of ${letter}`}
              prompt={prompt}
              value={version}
              set={(next) => change(place, { version: next })}
            />
            <TextField
              label={`Model of ${letter}`}
              value={model}
              set={(next) => change(place, { model: next })}
              placeholder="the prompt's own"
            />
            <button
              type="button"
              class="button small"
              aria-label={`Remove ${letter}`}
              disabled={subjects.length <= SUBJECTS.least}
              onClick={() => set(subjects.filter((_, index) => index !== place))}
            >
              ✕
            </button>
          </div>
        );
      })}
      <div>
        <button
          type="button"
          class="button small"
          disabled={subjects.length >= SUBJECTS.most}
          onClick={() => set([...subjects, { version: "", model: "" }])}
        >
          Add a subject
        </button>
      </div>
    </fieldset>
  );
}

interface InputFieldsProps {
  form: Omit<ComparisonForm, "prompt">;
  set: (changed: Partial<ComparisonForm>) => void;
  error: Error | null;
}

function InputFields({ form, set, error }: InputFieldsProps) {
  return (
    <>
      <SelectField
        label="Inputs"
        value={form.source}
        set={(source) => set({ source: source === "inputs" ? "inputs" : "tests" })}
        options={[
          ["tests", "the tests of the newest version"],
          ["inputs", "variables that are given here"],
        ]}
      />
      {form.source === "inputs" && (
        <TextAreaField
          label="Variables of each input"
          value={form.inputs}
          set={(inputs) => set({ inputs })}
          hint='One JSON object a line: {"name": "Ada"}'
          fault={faultOf(error, "inputs")}
        />
      )}
    </>
  );
}

function JudgeFields({ form: { isJudged, criteria, judgeModel }, set }: Omit<InputFieldsProps, "error">) {
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={isJudged} onChange={(e) => set({ isJudged: e.currentTarget.checked })} />
        Have a model say which of each two answers is better
      </label>
      {isJudged && (
        <>
          <TextField
            label="What makes an answer the better one"
            value={criteria}
            set={(next) => set({ criteria: next })}
            placeholder="names the right team, and nothing else"
          />
          <TextField
            label="Judge"
            value={judgeModel}
            set={(next) => set({ judgeModel: next })}
            placeholder="the deployment's judge"
          />
        </>
      )}
    </>
  );
}
