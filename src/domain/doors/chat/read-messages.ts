import { type ContentPart, type Message, partsOf, type ReasoningBlock, type Role } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import { isRecord } from "../../json-schema/values.ts";
import { type BodyFindings, isGiven } from "../findings.ts";
import { readCacheControl, readContent } from "./read-content.ts";
import { readThinkingBlocks } from "./read-thinking-blocks.ts";

/** What every message may have. */
const MEMBERS = ["role", "content", "cache_control"];

/**
 * What else the messages of a role may have. The name of a tool is that of the call it answers. The
 * last four of an assistant's message are of answers only: clients send an answer back as they got
 * it, and no API takes them.
 */
const MEMBERS_OF: Record<Role, readonly string[]> = {
  system: [],
  developer: [],
  user: [],
  tool: ["tool_call_id", "name"],
  assistant: ["tool_calls", "refusal", "thinking_blocks", "annotations", "parsed", "reasoning_content", "reasoning"],
};

/** Reads the `messages` of a body. */
export function readMessages(given: unknown, findings: BodyFindings): Message[] {
  if (!isGiven(given)) findings.fault("messages", "is missing");
  return findings.list(given, "messages").flatMap((each, at) => readMessage(each, `messages.${at}`, findings) ?? []);
}

function readMessage(given: unknown, path: string, findings: BodyFindings): Message | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const name = findings.neededText(given["role"], `${path}.role`);
  if (name === undefined) return undefined;
  const role = isRole(name) ? name : undefined;
  if (!role) findings.untranslate(`${path}.role`, `"${name}" has no counterpart in other APIs`);
  else findings.unread(given, path, [...MEMBERS, ...MEMBERS_OF[role]]);
  const content = contentOf(given, path, findings, { mayBeNull: role === "assistant" || !role });
  if (role === "assistant") return { role, content, ...assistantsOwn(given, path, findings) };
  if (role !== "tool") return { role: role ?? "user", content };
  const tool_call_id = findings.neededText(given["tool_call_id"], `${path}.tool_call_id`) ?? "";
  return { role, content, tool_call_id };
}

function isRole(role: string): role is Role {
  return Object.hasOwn(MEMBERS_OF, role);
}

/**
 * The content with what a message says beside it: a refusal, and where the prompt may be kept up
 * to.
 */
function contentOf(
  given: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
  options: { mayBeNull: boolean },
): string | ContentPart[] {
  const content = readContent(given["content"], `${path}.content`, findings, options);
  const refusal = findings.text(given["refusal"], `${path}.refusal`) ?? "";
  const cache_control = readCacheControl({ cache_control: given["cache_control"] }, path, findings);
  const said = refusal === "" ? content : content === "" ? refusal : [...partsOf({ content }), textPart(refusal)];
  const parts = partsOf({ content: said });
  const last = parts.at(-1);
  return last && cache_control ? [...parts.slice(0, -1), { ...last, cache_control }] : said;
}

function textPart(text: string): ContentPart {
  return { type: "text", text };
}

function assistantsOwn(
  given: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): { tool_calls?: ToolCall[]; reasoning_blocks?: ReasoningBlock[] } {
  const calls = findings
    .list(given["tool_calls"], `${path}.tool_calls`)
    .flatMap((call, at) => readToolCall(call, `${path}.tool_calls.${at}`, findings) ?? []);
  const blocks = readThinkingBlocks(given["thinking_blocks"], `${path}.thinking_blocks`, findings);
  return {
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(blocks.length > 0 && { reasoning_blocks: blocks }),
  };
}

/** The index is that of a streamed call, and the parsed arguments are the SDK's. */
function readToolCall(given: unknown, path: string, findings: BodyFindings): ToolCall | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const { type = "function", function: called } = given;
  if (type !== "function") return findings.untranslate(`${path}.type`);
  findings.unread(given, path, ["id", "type", "function", "index"]);
  const id = findings.neededText(given["id"], `${path}.id`);
  if (!isRecord(called)) return findings.fault(`${path}.function`, "must be an object");
  findings.unread(called, `${path}.function`, ["name", "arguments", "parsed_arguments"]);
  const name = findings.neededText(called["name"], `${path}.function.name`);
  const text = findings.neededText(called["arguments"], `${path}.function.arguments`);
  return id === undefined || name === undefined || text === undefined ? undefined : { id, name, arguments: text };
}
