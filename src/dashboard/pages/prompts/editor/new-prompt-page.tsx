import { useState } from "preact/hooks";
import { useScope } from "../../../api/session.tsx";
import { TextField } from "../../../ui/form.tsx";
import { Empty, Page } from "../../../ui/page.tsx";
import { useUrlState } from "../../../ui/url-state.ts";
import "../../../styles/prompts.css";
import { editorHref, promptHref } from "../addresses.ts";
import { Crumbs } from "../crumbs.tsx";
import { PromptEditor } from "./prompt-editor.tsx";
import { useChecks } from "./use-checked-source.ts";

/** A file that has all that one usually needs. */
const EXAMPLE = `description: What this prompt is for
model: gpt-6-luna
messages:
  - role: system
    content: You answer in one sentence.
  - role: user
    content: "Greet {{ who }} in {{ language }}."
variables:
  who: { type: string, required: true }
  language: { type: string, default: English, options: [English, French] }
settings:
  max_tokens: 100
tests:
  - name: greets by name
    inputs: { who: Ada }
    expected_contains: [Ada]
`;

/** Writes the first version of a prompt, and goes on with it. */
export function NewPromptPage() {
  const [folder] = useUrlState("folder");
  const [name, setName] = useState(folder);
  const [isCreated, setCreated] = useState(false);
  const mayWrite = useScope("prompts:write");
  const checks = useChecks();
  const isName = checks?.isPromptName(name) === true;
  const created = () => {
    // The address is the prompt's from now on; the page stays, with the answer that it may be getting.
    history.replaceState(null, "", editorHref(name));
    setCreated(true);
  };
  if (!mayWrite) {
    return (
      <Page title="New prompt">
        <Empty title="Publishing needs the scope prompts:write. Sign in with a key that has it." />
      </Page>
    );
  }
  return (
    <Page
      title={isCreated ? `Edit ${name.slice(name.lastIndexOf("/") + 1)}` : "New prompt"}
      before={<Crumbs name={isCreated ? name : folder} />}
      actions={
        isCreated && (
          <a class="button" href={promptHref(name)}>
            Versions
          </a>
        )
      }
    >
      {!isCreated && <NameField {...{ name, setName, folder }} isFault={checks !== null && !isName} />}
      <PromptEditor
        name={isName ? name : ""}
        newest={null}
        opened={null}
        seen={null}
        text={EXAMPLE}
        onCreated={created}
      />
    </Page>
  );
}

interface NameFieldProps {
  name: string;
  setName: (name: string) => void;
  folder: string;
  isFault: boolean;
}

function NameField({ name, setName, folder, isFault }: NameFieldProps) {
  const isBegun = name !== "" && name !== folder;
  return (
    <div class="filters">
      <TextField
        label="Name"
        value={name}
        set={(text) => setName(text.trim())}
        placeholder="support/greeting"
        hint="Folders are joined by /"
        fault={isBegun && isFault ? "has small letters, digits, . _ - and / between folders" : undefined}
      />
    </div>
  );
}
