import type { Message } from "../../domain/completions/completion.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { invalid } from "../../domain/errors.ts";
import { parseTemplate } from "../../domain/template/parse-template.ts";
import { renderTemplate } from "../../domain/template/render-template.ts";
import { bindVariables } from "../../domain/prompts/variables.ts";

/** Parsed templates by their definition: a version that stays in memory is parsed once. */
const parsed = new WeakMap<PromptDefinition, ReturnType<typeof parseTemplate>[]>();

/**
 * Checks the variables, fills in defaults and renders every message. A message that renders to
 * nothing but white space is left out, because providers refuse it. Throws a `validation_error` that
 * names the faulty variables or message, also where no message is left.
 */
export function renderPrompt(definition: PromptDefinition, variables: Record<string, unknown>): Message[] {
  const bound = bindVariables(definition.variables, variables);
  const messages = templatesOf(definition)
    .map(({ role, template }) => ({ role, content: renderTemplate(template, bound) }))
    .filter(({ content }) => content.trim() !== "");
  if (messages.length > 0) return messages;
  throw invalid([{ path: "messages", message: "render to nothing with these variables" }]);
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
