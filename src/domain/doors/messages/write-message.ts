import type { FinishReason } from "../../completions/completion.ts";
import { type ReasoningBlock, textOfReasoning } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import type { DoorAnswer } from "../door.ts";
import { openAISignature } from "./openai-signature.ts";
import { toToolInput } from "./tool-input.ts";
import { toMessagesUsage } from "./write-usage.ts";

/** Which stop sequence ended an answer is not known, so that it looks like one that just ended. */
const STOP_REASONS: Record<FinishReason, string> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  other: "end_turn",
};

/** A whole answer as the message of Anthropic's API. */
export function toMessage(answer: DoorAnswer): object {
  return {
    ...messageHead(answer),
    content: contentOf(answer),
    stop_reason: toStopReason(answer),
    usage: toMessagesUsage(answer.usage),
  };
}

/** What the message has from its beginning. */
export function messageHead({ id, model }: Pick<DoorAnswer, "id" | "model">) {
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content: [] as object[],
    stop_reason: null as string | null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  };
}

/** Why an answer stopped; its calls are to be made, whatever else its provider said. */
export function toStopReason({ finish_reason, tool_calls = [] }: DoorAnswer): string {
  const reason = STOP_REASONS[finish_reason ?? "other"];
  return reason === "end_turn" && tool_calls.length > 0 ? STOP_REASONS.tool_calls : reason;
}

function contentOf({ text, reasoning = "", reasoning_blocks = [], tool_calls = [] }: DoorAnswer): object[] {
  const isInBlocks = reasoning === "" || reasoning_blocks.some((block) => textOfReasoning(block) !== "");
  return [
    ...(isInBlocks ? [] : [{ ...NO_THINKING, thinking: reasoning }]),
    ...reasoning_blocks.map(toThinkingBlock),
    ...(text === "" ? [] : [{ ...NO_TEXT, text }]),
    ...tool_calls.map((call) => ({ ...toToolUseHead(call), input: toToolInput(call.arguments) })),
  ];
}

/** Thinking without a signature is for the reader only: its provider takes none back. */
export const NO_THINKING = { type: "thinking", thinking: "", signature: "" };
/** A text before its first piece. */
export const NO_TEXT = { type: "text", text: "", citations: null };

/** A call of a tool before its input. */
export function toToolUseHead({ id, name }: ToolCall) {
  return { type: "tool_use", id, name, input: {} as unknown, caller: { type: "direct" } };
}

/** A block of reasoning in this wire format, which has a place for OpenAI's in the signature. */
export function toThinkingBlock(block: ReasoningBlock): ReasoningBlock {
  if (block.type !== "reasoning") return block;
  return { type: "thinking", thinking: textOfReasoning(block), signature: openAISignature(block) };
}
