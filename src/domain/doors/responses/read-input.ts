import type { Message, ReasoningBlock, Role } from "../../completions/message.ts";
import { isRecord } from "../../json-schema/values.ts";
import { Conversation } from "./conversation.ts";
import { isGiven, type BodyFindings } from "../findings.ts";
import { readContent } from "./read-content.ts";
import { isOwnItem } from "./item-ids.ts";
import { isSealed, unsealReasoning } from "./sealed-reasoning.ts";

interface ReadItem {
  item: Record<string, unknown>;
  path: string;
  conversation: Conversation;
  findings: BodyFindings;
}

const READERS = new Map<string, (read: ReadItem) => void>([
  ["message", readMessage],
  ["function_call", readCall],
  ["function_call_output", readOutput],
  ["reasoning", readReasoning],
]);

/**
 * What the API adds to the items of an answer, and clients send back with them: no other API has
 * a use for it.
 */
const OF_ANSWERS = ["type", "id", "status"];

/** What an item is whose `type` is left out: a message has a role, and a reference an id alone. */
function typeOf({ type, role, id }: Record<string, unknown>): unknown {
  if (isGiven(type)) return type;
  return isGiven(role) || !isGiven(id) ? "message" : "item_reference";
}

/** Reads the `input`: a text of the user, or items. */
export function readInput(given: unknown, findings: BodyFindings): Message[] {
  if (typeof given === "string") return [{ role: "user", content: given }];
  const conversation = new Conversation();
  if (Array.isArray(given)) {
    for (const [at, item] of given.entries()) readItem(item, `input.${at}`, conversation, findings);
  } else if (isGiven(given)) findings.fault("input", "must be a string or a list of items");
  return conversation.messages;
}

function readItem(item: unknown, path: string, conversation: Conversation, findings: BodyFindings): void {
  if (!isRecord(item)) return findings.fault(path, "must be an object");
  const type = findings.text(typeOf(item), `${path}.type`);
  if (type === undefined) return;
  const read = READERS.get(type);
  if (read) read({ item, path, conversation, findings });
  else findings.unknownType(path, type);
}

/** `phase` labels an earlier message of the assistant, and only OpenAI's models know it. */
function readMessage({ item, path, conversation, findings }: ReadItem): void {
  findings.unread(item, path, [...OF_ANSWERS, "role", "content", "phase"]);
  const role = findings.neededText(item["role"], `${path}.role`);
  const content = readContent(item["content"], `${path}.content`, findings);
  if (role === undefined) return;
  if (role === "assistant") conversation.say(content);
  else if (isInputRole(role)) conversation.add({ role, content });
  else findings.untranslate(`${path}.role`, `"${role}" has no counterpart in other APIs`);
}

function isInputRole(role: string): role is Exclude<Role, "assistant" | "tool"> {
  return role === "user" || role === "system" || role === "developer";
}

function readCall({ item, path, conversation, findings }: ReadItem): void {
  findings.unread(item, path, [...OF_ANSWERS, "call_id", "name", "arguments", "parsed_arguments"]);
  const id = findings.neededText(item["call_id"], `${path}.call_id`);
  const name = findings.neededText(item["name"], `${path}.name`);
  const text = findings.neededText(item["arguments"], `${path}.arguments`);
  if (id !== undefined && name !== undefined && text !== undefined) {
    conversation.call({ id, name, arguments: text });
  }
}

function readOutput({ item, path, conversation, findings }: ReadItem): void {
  findings.unread(item, path, [...OF_ANSWERS, "call_id", "output"]);
  const tool_call_id = findings.text(item["call_id"], `${path}.call_id`);
  const content = readContent(item["output"], `${path}.output`, findings);
  if (tool_call_id === undefined) findings.untranslate(`${path}.call_id`, "must name the call that it answers");
  else conversation.add({ role: "tool", content, tool_call_id });
}

/**
 * Reasoning that its provider takes back. Of our own items, those without a seal were only there to
 * be read.
 */
function readReasoning({ item, path, conversation, findings }: ReadItem): void {
  const { content } = item;
  const isEmpty = Array.isArray(content) && content.length === 0;
  const read = [...OF_ANSWERS, "summary", "encrypted_content"];
  findings.unread(item, path, isEmpty ? [...read, "content"] : read);
  const sealed = findings.text(item["encrypted_content"], `${path}.encrypted_content`) ?? "";
  if (isSealed(sealed)) {
    const block = unsealReasoning(sealed);
    if (block) conversation.think(block);
    else findings.fault(`${path}.encrypted_content`, "is not what this API gave");
    return;
  }
  const id = findings.neededText(item["id"], `${path}.id`);
  if (id === undefined || (sealed === "" && isOwnItem(id))) return;
  conversation.think(toBlock(id, sealed, readSummary(item["summary"], `${path}.summary`, findings)));
}

function toBlock(id: string, encrypted: string, summary: string[]): ReasoningBlock {
  return { type: "reasoning", id, summary, ...(encrypted !== "" && { encrypted_content: encrypted }) };
}

function readSummary(given: unknown, path: string, findings: BodyFindings): string[] {
  return findings.list(given, path).flatMap((part, at) => {
    const text = isRecord(part) ? part["text"] : undefined;
    return findings.neededText(text, `${path}.${at}.text`) ?? [];
  });
}
