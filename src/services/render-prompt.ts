import type { Message } from "../domain/completion.ts";
import type { PromptDefinition } from "../domain/prompt.ts";
import { parseTemplate } from "../domain/template/parse-template.ts";
import { renderTemplate } from "../domain/template/render-template.ts";
import { bindVariables } from "../domain/variables.ts";

/** Checks the variables, fills in defaults and renders every message. Throws `validation_error` that names the variable or message at fault. */
export function renderPrompt(definition: PromptDefinition, variables: Record<string, unknown>): Message[] {
  const bound = bindVariables(definition.variables, variables);
  return definition.messages.map(({ role, content }, index) => ({
    role,
    content: renderTemplate(parseTemplate(content, `messages.${index}.content`), bound),
  }));
}
