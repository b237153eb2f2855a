import type { CompletionInput } from "../completions/completion.ts";
import { type ContentPart, type Message, partsOf } from "../completions/message.ts";
import type { ToolCall } from "../completions/tools.ts";
import type { Execution } from "../executions/execution.ts";
import type { Attributes } from "./span.ts";

/** The most characters of texts in one attribute. */
const MAX_CHARACTERS = 16_384;
/** The most messages, and parts of a message, in one attribute. */
const MAX_ELEMENTS = 100;

/** A part of a message, as the conventions for generative AI write one. */
type WrittenPart =
  | { type: "text" | "image" | "file" | "audio"; content?: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "tool_call_response"; id: string; response: string };

/**
 * What a model was asked and what it said. Texts are cut where they are too long for an attribute;
 * of pictures, files and recordings only the kind is told.
 */
export function contentAttributes(input: CompletionInput | undefined, execution: Execution): Attributes {
  const messages = input?.messages ?? [];
  const isInstruction = ({ role }: Message) => role === "system" || role === "developer";
  const instructions = messages.filter(isInstruction);
  const cutInstructions = cutter();
  return {
    "gen_ai.input.messages": written(messages.filter((message) => !isInstruction(message))),
    "gen_ai.output.messages": output(execution),
    "gen_ai.system_instructions":
      instructions.length === 0
        ? undefined
        : JSON.stringify(instructions.flatMap((message) => writtenParts(message, cutInstructions))),
  };
}

function written(messages: readonly Message[]): string {
  const cut = cutter();
  const some = messages.slice(-MAX_ELEMENTS);
  return JSON.stringify(some.map((message) => ({ role: message.role, parts: writtenParts(message, cut) })));
}

function output({ output: text, tool_calls = [], finish_reason }: Execution): string | undefined {
  if (text === null && tool_calls.length === 0) return undefined;
  const cut = cutter();
  const said = text === null || text === "" ? [] : [{ type: "text", content: cut(text) }];
  const parts = [...said, ...tool_calls.slice(0, MAX_ELEMENTS).map((call) => writtenCall(call, cut))];
  return JSON.stringify([{ role: "assistant", parts, ...(finish_reason !== null && { finish_reason }) }]);
}

function writtenParts(message: Message, cut: (text: string) => string): WrittenPart[] {
  const parts = partsOf(message).slice(0, MAX_ELEMENTS);
  const { tool_call_id, tool_calls = [] } = message;
  if (tool_call_id !== undefined) {
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    return [{ type: "tool_call_response", id: tool_call_id, response: cut(text) }];
  }
  const calls = tool_calls.slice(0, MAX_ELEMENTS).map((call) => writtenCall(call, cut));
  return [...parts.map((part) => writtenPart(part, cut)), ...calls];
}

function writtenPart(part: ContentPart, cut: (text: string) => string): WrittenPart {
  return part.type === "text" ? { type: "text", content: cut(part.text) } : { type: part.type };
}

function writtenCall({ id, name, arguments: text }: ToolCall, cut: (text: string) => string): WrittenPart {
  return { type: "tool_call", id, name, arguments: cut(text) };
}

/** Cuts the texts of one attribute so that together they are no longer than it may be. */
function cutter(): (text: string) => string {
  let left = MAX_CHARACTERS;
  return (text) => {
    const kept = text.length <= left ? text : `${text.slice(0, left).toWellFormed()}…`;
    left -= Math.min(left, text.length);
    return kept;
  };
}
