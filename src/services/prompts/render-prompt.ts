import type { Message } from "../../domain/completions/completion.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { parseTemplate } from "../../domain/template/parse-template.ts";
import { renderTemplate } from "../../domain/template/render-template.ts";
import { bindVariables } from "../../domain/prompts/variables.ts";

/** Parsed templates by their definition: a version that stays in memory is parsed once. */
const parsed = new WeakMap<PromptDefinition, ReturnType<typeof parseTemplate>[]>();

/**
 * Checks the variables, fills in defaults and renders every message. Throws a `validation_error`
 * that names the faulty variables or message.
 */
export function renderPrompt(definition: PromptDefinition, variables: Record<string, unknown>): Message[] {
  const bound = bindVariables(definition.variables, variables);
  return templatesOf(definition).map(({ role, template }) => ({ role, content: renderTemplate(template, bound) }));
}

function templatesOf(definition: PromptDefinition) {
  let templates = parsed.get(definition);
  if (!templates) {
    templates = definition.messages.map(({ content }, index) => parseTemplate(content, `messages.${index}.content`));
    parsed.set(definition, templates);
  }
  return templates.flatMap((template, index) => {
    const role = definition.messages[index]?.role;
    return role ? [{ role, template }] : [];
  });
}
