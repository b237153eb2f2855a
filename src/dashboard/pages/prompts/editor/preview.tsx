import type { PromptDefinition } from "../../../../domain/prompts/prompt.ts";
import { count } from "../../../ui/format.ts";
import { Panel, Skeleton } from "../../../ui/page.tsx";
import { RenderedMessages } from "./rendered-messages.tsx";
import type { EditorModel } from "./use-editor.ts";
import { VariablesForm } from "./variables-form.tsx";

const PLACE_PX = 120;

/** The variables of the text, and what a model would be sent with them. */
export function Preview({ editor }: { editor: EditorModel }) {
  const { definition, rendered, check } = editor;
  const isStale = definition !== null && check.checked?.definition === null;
  return (
    <>
      <Panel title="Variables">
        {definition ? (
          <VariablesForm
            specs={definition.variables}
            texts={editor.texts}
            set={editor.setVariable}
            faults={editor.variableFaults}
          />
        ) : (
          <NothingYet isLoading={check.checked === null} />
        )}
      </Panel>
      <Panel
        title={<>Rendered {isStale && <span class="warn">before the faults</span>}</>}
        aside={
          <span class="muted">
            {[rendered.tokens === null ? "" : `about ${count(rendered.tokens)} tokens`, modelsOf(definition)]
              .filter(Boolean)
              .join(" · ")}
          </span>
        }
      >
        {definition ? <RenderedMessages {...rendered} /> : <NothingYet isLoading={check.checked === null} />}
      </Panel>
    </>
  );
}

function modelsOf(definition: PromptDefinition | null): string {
  if (!definition) return "";
  return definition.models.length === 0 ? "default model" : definition.models.join(", ");
}

function NothingYet({ isLoading }: { isLoading: boolean }) {
  return isLoading ? <Skeleton height={PLACE_PX} /> : <p class="muted">Mend the faults to see it.</p>;
}
