import { toolCallsSchema } from "../../completions/message-schema.ts";
import type { ToolCall } from "../../completions/tools.ts";
import type { PromptDefinition, PromptMessage, PromptPlaceholder } from "../prompt.ts";
import type { Findings } from "./findings.ts";
import { Fields, isMapping } from "./findings.ts";
import { importParts } from "./import-parts.ts";
import type { Placed } from "./placed-template.ts";

const ROLES = new Map<string, PromptMessage["role"]>([
  ["system", "system"],
  ["developer", "developer"],
  ["user", "user"],
  ["human", "user"],
  ["assistant", "assistant"],
  ["ai", "assistant"],
  ["model", "assistant"],
  ["tool", "tool"],
]);

/** Keys under which other tools keep their templates, and whose they are. */
const FOREIGN_KEYS = new Map([
  ["prompt_text", "deepset's Prompt Hub"],
  ["system_template", "SWE-agent"],
  ["instance_template", "SWE-agent"],
]);

/** The messages of a file, and what they take from variables. */
export interface PlacedMessages extends Placed {
  messages: PromptDefinition["messages"];
}

/**
 * Reads `template` or `messages`, exactly one of the two. Adds faults and warnings to `findings`.
 */
export function importMessages(fields: Fields, findings: Findings): PlacedMessages {
  const placed: Placed = { templates: [], variables: [] };
  return { ...placed, messages: readMessages(fields, placed, findings) };
}

function readMessages(fields: Fields, placed: Placed, findings: Findings): PlacedMessages["messages"] {
  const template = fields.take("template") ?? takeOld(fields, "prompt", findings);
  const messages = fields.take("messages");
  if (template !== undefined && messages !== undefined) {
    findings.fault("template", "cannot stand beside messages: a prompt has one or the other");
    return [];
  }
  if (template !== undefined) {
    if (typeof template === "string" && template.trim() !== "") {
      placed.templates.push({ text: template, path: "template" });
      return [{ role: "user", content: template }];
    }
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
  return messages.flatMap((message: unknown, at) => importMessage(message, `messages.${at}`, placed, findings));
}

function takeOld(fields: Fields, key: string, findings: Findings): unknown {
  const value = fields.take(key);
  if (value !== undefined) findings.warn(`${key} is the name of older files; it was read as template.`);
  return value;
}

function importMessage(message: unknown, path: string, placed: Placed, findings: Findings): PlacedMessages["messages"] {
  if (!isMapping(message)) {
    findings.fault(path, "must be a mapping with role and content");
    return [];
  }
  const fields = new Fields(message);
  const placeholder = fields.take("placeholder");
  const read =
    placeholder === undefined
      ? readMessage(fields, path, placed, findings)
      : readPlaceholder(placeholder, path, placed, findings);
  for (const [key] of fields.rest()) findings.warn(`${path}.${key} is not known and has no effect.`);
  return read ? [read] : [];
}

function readPlaceholder(
  name: unknown,
  path: string,
  placed: Placed,
  findings: Findings,
): PromptPlaceholder | undefined {
  if (typeof name !== "string" || name.trim() === "") {
    findings.fault(`${path}.placeholder`, "must be the name of a variable of type messages");
    return undefined;
  }
  placed.variables.push({ name: name.trim(), path: `${path}.placeholder`, type: "messages" });
  return { placeholder: name.trim() };
}

function readMessage(fields: Fields, path: string, placed: Placed, findings: Findings): PromptMessage | undefined {
  const role = importRole(fields.take("role") ?? "user", path, findings);
  const calls = importCalls(fields.take("tool_calls"), `${path}.tool_calls`, findings);
  const given = fields.take("content") ?? (calls && "");
  const content = importContent(given, `${path}.content`, placed, findings);
  const answered = fields.take("tool_call_id");
  if (role === "tool" && typeof answered !== "string") {
    findings.fault(`${path}.tool_call_id`, "must name the call that the message answers");
  }
  if (role === undefined || content === undefined) return undefined;
  return {
    role,
    content,
    ...(calls && { tool_calls: calls }),
    ...(typeof answered === "string" && { tool_call_id: answered }),
  };
}

/** The calls that a message of the assistant asks for, in an example of a conversation. */
function importCalls(calls: unknown, path: string, findings: Findings): ToolCall[] | undefined {
  if (calls === undefined) return undefined;
  const read = toolCallsSchema.safeParse(calls);
  if (read.success) return read.data;
  for (const issue of read.error.issues) findings.fault([path, ...issue.path].join("."), issue.message);
  return undefined;
}

function importRole(written: unknown, path: string, findings: Findings): PromptMessage["role"] | undefined {
  const role = ROLES.get(typeof written === "string" ? written.trim().toLowerCase() : "");
  if (!role)
    findings.fault(
      `${path}.role`,
      `must be system, developer, user, assistant or tool, not ${JSON.stringify(written)}`,
    );
  else if (role !== written) findings.warn(`${path}.role ${JSON.stringify(written)} was read as "${role}".`);
  return role;
}

/** A text, or a list of parts. One part that is nothing but a text is that text. */
function importContent(
  content: unknown,
  path: string,
  placed: Placed,
  findings: Findings,
): PromptMessage["content"] | undefined {
  if (typeof content === "string") {
    placed.templates.push({ text: content, path });
    return content;
  }
  if (!Array.isArray(content) || content.length === 0) {
    findings.fault(path, "must be a text, or a list of parts");
    return undefined;
  }
  const before = findings.errors.length;
  const parts = importParts(content, path, placed, findings);
  if (findings.errors.length > before) return undefined;
  const [only] = parts;
  return parts.length === 1 && only?.type === "text" && !only.cache_control ? only.text : parts;
}
