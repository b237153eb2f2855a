import type { ContentPart, Message, ReasoningBlock } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import { LIST, type BodyFindings, OBJECT } from "../findings.ts";
import {
  type BlockReaders,
  PARTS,
  readBlocks,
  readRedacted,
  readText,
  readThinking,
  readToolUse,
} from "./read-blocks.ts";
import { readToolResult } from "./read-tool-result.ts";

/** The system's texts as the first message; none where there are none. */
export function readSystem(given: unknown, findings: BodyFindings): Message[] {
  const content = readBlocks(given ?? "", "system", findings, SYSTEM_BLOCKS);
  return content.length === 0 ? [] : [{ role: "system", content }];
}

/** The conversation. A message of the API may be several of ours. */
export function readMessages(given: unknown, findings: BodyFindings): Message[] {
  const messages = findings.needed(given, "messages", LIST);
  if (messages?.length === 0) findings.fault("messages", "must have at least one message");
  return (messages ?? []).flatMap((each, index) => {
    const path = `messages.${index}`;
    const message = findings.needed(each, path, OBJECT);
    if (!message) return [];
    findings.unread(message, path, ["role", "content"]);
    const at = `${path}.content`;
    switch (message["role"]) {
      case "user":
        return readUser(message["content"], at, findings);
      case "assistant":
        return readAssistant(message["content"], at, findings);
      case "system":
        return [{ role: "system", content: readBlocks(message["content"], at, findings, SYSTEM_BLOCKS) }];
      default:
        return findings.fault(`${path}.role`, "must be user, assistant or system") ?? [];
    }
  });
}

const SYSTEM_BLOCKS: BlockReaders<ContentPart> = { text: readText };

const RESULT = "result";
const USER_BLOCKS: BlockReaders<ContentPart | { type: typeof RESULT; message: Message }> = {
  ...PARTS,
  tool_result(block, path, findings) {
    const message = readToolResult(block, path, findings);
    return message && { type: RESULT, message };
  },
};

/** The results of tools come first, as this API orders them, and then what the user says. */
function readUser(given: unknown, path: string, findings: BodyFindings): Message[] {
  const blocks = readBlocks(given, path, findings, USER_BLOCKS);
  if (typeof blocks === "string") return [{ role: "user", content: blocks }];
  const results = blocks.flatMap((block) => (block.type === RESULT ? [block.message] : []));
  const content = blocks.flatMap((block) => (block.type === RESULT ? [] : [block]));
  return content.length === 0 && results.length > 0 ? results : [...results, { role: "user", content }];
}

/** Each kind of block in an object, because their types are not apart. */
type AssistantBlock = { part: ContentPart } | { thought: ReasoningBlock } | { call: ToolCall };

const ASSISTANT_BLOCKS: BlockReaders<AssistantBlock> = {
  text(...block) {
    const part = readText(...block);
    return part && { part };
  },
  thinking(...block) {
    const thought = readThinking(...block);
    return thought && { thought };
  },
  redacted_thinking(...block) {
    const thought = readRedacted(...block);
    return thought && { thought };
  },
  tool_use(...block) {
    const call = readToolUse(...block);
    return call && { call };
  },
};

/** Elsewhere the order within a message is fixed: reasoning, text, calls. */
function readAssistant(given: unknown, path: string, findings: BodyFindings): Message[] {
  const blocks = readBlocks(given, path, findings, ASSISTANT_BLOCKS);
  if (typeof blocks === "string") return [{ role: "assistant", content: blocks }];
  const parts = blocks.flatMap((block) => ("part" in block ? [block.part] : []));
  const reasoning_blocks = blocks.flatMap((block) => ("thought" in block ? [block.thought] : []));
  const tool_calls = blocks.flatMap((block) => ("call" in block ? [block.call] : []));
  return [
    {
      role: "assistant",
      content: parts.length === 0 ? "" : parts,
      ...(reasoning_blocks.length > 0 && { reasoning_blocks }),
      ...(tool_calls.length > 0 && { tool_calls }),
    },
  ];
}
