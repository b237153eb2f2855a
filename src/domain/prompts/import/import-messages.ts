import type { PromptMessage } from "../prompt.ts";
import type { Findings } from "./findings.ts";
import { Fields, isMapping } from "./findings.ts";

const ROLES = new Map<string, PromptMessage["role"]>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["ai", "assistant"],
  ["model", "assistant"],
]);

/** Keys under which other tools keep their templates, and whose they are. */
const FOREIGN_KEYS = new Map([
  ["prompt_text", "deepset's Prompt Hub"],
  ["system_template", "SWE-agent"],
  ["instance_template", "SWE-agent"],
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
    const foreign = fields.rest().find(([key]) => FOREIGN_KEYS.has(key));
    const hint = foreign
      ? `; ${foreign[0]} is a key of ${FOREIGN_KEYS.get(foreign[0])}: rename it, or put it into messages`
      : "";
    findings.fault("template", `is missing: a prompt needs a template, or messages${hint}`);
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
  const fields = new Fields(message);
  const role = importRole(fields.take("role") ?? "user", path, findings);
  const content = importContent(fields.take("content"), `${path}.content`, findings);
  for (const [key] of fields.rest()) findings.warn(`${path}.${key} is not known and has no effect.`);
  return role && content !== undefined ? [{ role, content, path: `${path}.content` }] : [];
}

function importRole(written: unknown, path: string, findings: Findings): PromptMessage["role"] | undefined {
  const role = ROLES.get(typeof written === "string" ? written.trim().toLowerCase() : "");
  if (!role) findings.fault(`${path}.role`, `must be system, user or assistant, not ${JSON.stringify(written)}`);
  else if (role !== written) findings.warn(`${path}.role ${JSON.stringify(written)} was read as "${role}".`);
  return role;
}

/** A text, or a list of parts that are all text, which become one text. */
function importContent(content: unknown, path: string, findings: Findings): string | undefined {
  if (typeof content === "string") return content;
  const texts = Array.isArray(content) ? content.map(textOfPart) : [];
  if (texts.length > 0 && texts.every((text) => text !== undefined)) {
    if (texts.length > 1) findings.warn(`${path} has ${texts.length} text parts; they were joined with line ends.`);
    return texts.join("\n");
  }
  findings.fault(path, "must be a text, or a list of parts of type text");
  return undefined;
}

function textOfPart(part: unknown): string | undefined {
  if (!isMapping(part) || Object.keys(part).some((key) => key !== "type" && key !== "text")) return undefined;
  const { type, text } = part;
  return (type === "text" || type === undefined) && typeof text === "string" ? text : undefined;
}
