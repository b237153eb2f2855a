import type { ResponseReasoningItem } from "openai/resources/responses/responses";
import type { Message, ReasoningBlock } from "../../domain/completions/message.ts";
import { invalid } from "../../domain/errors.ts";
import { recordOr, textOr } from "../wire.ts";

type OpenAIReasoning = Extract<ReasoningBlock, { type: "reasoning" }>;

/** The reasoning in an item of an output; none where it is another item. */
export function reasoningBlockIn(item: Record<string, unknown>): ReasoningBlock[] {
  const { type, id, summary, encrypted_content } = item;
  if (type !== "reasoning" || typeof id !== "string") return [];
  const parts: unknown[] = Array.isArray(summary) ? summary : [];
  const texts = parts.map((part) => textOr(recordOr(part)["text"], ""));
  const sealed = textOr(encrypted_content, "");
  return [{ type, id, summary: texts, ...(sealed !== "" && { encrypted_content: sealed }) }];
}

/**
 * The items that give a message's reasoning back to OpenAI: those that have it encrypted, since
 * OpenAI keeps none itself. Throws AppError `validation_error` for reasoning of another provider.
 */
export function toReasoningItems(message: Message, path: string): ResponseReasoningItem[] {
  return ownReasoning(message, path).flatMap(({ type, id, summary, encrypted_content }) => {
    const texts = summary.map((text) => ({ type: "summary_text" as const, text }));
    return encrypted_content === undefined ? [] : [{ type, id, summary: texts, encrypted_content }];
  });
}

/** A message's reasoning. Throws AppError `validation_error` where OpenAI cannot read it. */
export function ownReasoning({ reasoning_blocks = [] }: Message, path: string): OpenAIReasoning[] {
  return reasoning_blocks.map((block, index) => {
    if (block.type === "reasoning") return block;
    const message = "OpenAI does not take the reasoning of another provider";
    throw invalid([{ path: `${path}.reasoning_blocks.${index}`, message }]);
  });
}
