import { AppError, type FieldError } from "../errors.ts";
import type { PromptMessage, VariableSpec } from "../prompt.ts";
import { freeVariables } from "../template/free-variables.ts";
import { type ParsedTemplate, parseTemplate } from "../template/parse-template.ts";
import { type Findings, readText } from "./fields.ts";
import { isPlainObject, type PlainObject } from "./read-source.ts";

const ROLES = ["system", "user", "assistant"] as const;

/** The messages of a file: `messages`, or `template` as one message of the user. */
export function importMessages(findings: Findings, file: PlainObject): PromptMessage[] {
  const { template, messages } = file;
  if (template !== undefined && messages !== undefined) {
    findings.errors.push({ path: "template", message: "give either `template` or `messages`, not both" });
    return [];
  }
  if (messages === undefined) {
    const content = readText(findings, "template", template);
    if (content === undefined || content.trim() === "") {
      findings.errors.push({ path: "template", message: "is required (or `messages`)" });
    }
    return [{ role: "user", content: content ?? "" }];
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    findings.errors.push({ path: "messages", message: "must be a list of {role, content}" });
    return [];
  }
  return messages.flatMap((given: unknown, index) => importMessage(findings, `messages.${index}`, given) ?? []);
}

function importMessage(findings: Findings, path: string, given: unknown): PromptMessage | undefined {
  if (!isPlainObject(given)) {
    findings.errors.push({ path, message: "must be a mapping {role, content}" });
    return undefined;
  }
  const role = ROLES.find((each) => each === given["role"]);
  if (!role) findings.errors.push({ path: `${path}.role`, message: `must be one of ${ROLES.join(", ")}` });
  const content = readText(findings, `${path}.content`, given["content"]);
  if (content === undefined) findings.errors.push({ path: `${path}.content`, message: "is required" });
  return role && content !== undefined ? { role, content } : undefined;
}

/** Declares the variables that the templates use and nobody declared, and says so; warns of those declared and not used. */
export function declareUndeclared(
  findings: Findings,
  messages: PromptMessage[],
  variables: Record<string, VariableSpec>,
): void {
  const path = (index: number) => (messages.length === 1 ? "template" : `messages.${index}.content`);
  const parsed = messages.flatMap(({ content }, index) => tryParse(findings, content, path(index)));
  if (parsed.length < messages.length) return;
  const free = parsed.map((template) => freeVariables(template));
  const required = new Set(free.flatMap((names) => names.required));
  const used = new Set([...required, ...free.flatMap((names) => names.optional)]);
  for (const name of used) {
    if (Object.hasOwn(variables, name)) continue;
    variables[name] = { type: "string", required: required.has(name) };
    const kind = required.has(name) ? "a required string" : "an optional string";
    findings.warnings.push(`The template uses \`${name}\`, which is not declared; it is taken as ${kind}.`);
  }
  for (const name of Object.keys(variables)) {
    if (!used.has(name)) findings.warnings.push(`The variable \`${name}\` is declared and not used.`);
  }
}

function tryParse(findings: Findings, content: string, path: string): ParsedTemplate[] {
  try {
    return [parseTemplate(content, path)];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const faults: FieldError[] = error.errors ?? [{ path, message: error.detail }];
    findings.errors.push(...faults);
    return [];
  }
}
