import type { PromptMessage, VariableSpec } from "../prompt.ts";
import { freeVariables } from "../../template/free-variables.ts";
import { parseTemplate } from "../../template/parse-template.ts";
import type { Fields, Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";

const ROLES = new Map<unknown, PromptMessage["role"]>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["ai", "assistant"],
]);

/** A message with the path of its template in the file. */
export interface PlacedMessage extends PromptMessage {
  path: string;
}

/**
 * Reads `template` or `messages`, exactly one of the two. Adds faults and warnings to `findings`.
 */
export function importMessages(fields: Fields, findings: Findings): PlacedMessage[] {
  const template = fields.take("template") ?? takeOld(fields, "prompt", findings);
  const messages = fields.take("messages");
  if (template !== undefined && messages !== undefined) {
    findings.fault("template", "cannot stand beside messages: a prompt has one or the other");
    return [];
  }
  if (template !== undefined) {
    if (typeof template === "string" && template.trim() !== "")
      return [{ role: "user", content: template, path: "template" }];
    findings.fault("template", "must be a text that is not empty");
    return [];
  }
  if (messages === undefined) {
    findings.fault("template", "is missing: a prompt needs a template, or messages");
    return [];
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    findings.fault("messages", "must be a list with at least one message");
    return [];
  }
  return messages.flatMap((message: unknown, at) => importMessage(message, `messages.${at}`, findings));
}

function takeOld(fields: Fields, key: string, findings: Findings): unknown {
  const value = fields.take(key);
  if (value !== undefined) findings.warn(`${key} is the name of older files; it was read as template.`);
  return value;
}

function importMessage(message: unknown, path: string, findings: Findings): PlacedMessage[] {
  if (!isMapping(message)) {
    findings.fault(path, "must be a mapping with role and content");
    return [];
  }
  const written = message["role"] ?? "user";
  const role = ROLES.get(written);
  const content = message["content"];
  if (!role) findings.fault(`${path}.role`, "must be system, user or assistant");
  else if (role !== written) findings.warn(`${path}.role ${JSON.stringify(written)} was read as "${role}".`);
  if (typeof content !== "string") findings.fault(`${path}.content`, "must be a text");
  return role && typeof content === "string" ? [{ role, content, path: `${path}.content` }] : [];
}

/**
 * Parses every template and declares the variables that the templates use and the file does not
 * declare. Adds syntax errors to `findings` with the path of the template, and a warning for each
 * assumption.
 */
export function completeVariables(
  messages: PlacedMessage[],
  declared: Record<string, VariableSpec>,
  findings: Findings,
): Record<string, VariableSpec> {
  const required = new Set<string>();
  const optional = new Set<string>();
  let readable = true;
  for (const { content, path } of messages) {
    const template = findings.collect(() => parseTemplate(content, path));
    if (!template) readable = false;
    const free = template && freeVariables(template);
    for (const name of free?.required ?? []) required.add(name);
    for (const name of free?.optional ?? []) optional.add(name);
  }
  const specs = new Map(Object.entries(declared));
  for (const [name, spec] of specs) {
    if (readable && !required.has(name) && !optional.has(name))
      findings.warn(`variables.${name} is declared but not used.`);
    if (required.has(name) && !spec.required && spec.default === undefined) {
      findings.warn(
        `variables.${name} may be left out, but the template uses it without a guard: that call will fail.`,
      );
    }
  }
  for (const name of new Set([...required, ...optional])) {
    if (specs.has(name)) continue;
    const needed = required.has(name);
    specs.set(name, { type: "string", required: needed });
    const assumed = needed ? "a required string" : "a string that may be left out";
    findings.warn(`variables.${name} is used but not declared; it was taken for ${assumed}.`);
  }
  return Object.fromEntries(specs);
}
