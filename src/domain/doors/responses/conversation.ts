import type { ContentPart, Message, ReasoningBlock } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";

/**
 * Messages out of items. What the assistant thinks, says and calls in one turn are items of their
 * own in OpenAI's Responses, and one message elsewhere.
 */
export class Conversation {
  readonly messages: Message[] = [];
  /** The assistant's message while more items may belong to it. */
  #turn: Message | undefined;

  /** A message that is a whole item. */
  add(message: Message): void {
    this.#turn = undefined;
    this.messages.push(message);
  }

  /** What the assistant thinks begins its message, unless a call of it is still to be answered. */
  think(block: ReasoningBlock): void {
    const isBefore = this.#turn?.content === "" || this.#turn?.tool_calls !== undefined;
    const turn = isBefore ? this.#assistant() : this.#begin();
    (turn.reasoning_blocks ??= []).push(block);
  }

  /**
   * What the assistant says. A text after a call moves before it: other APIs want the results right
   * after the calls.
   */
  say(content: string | ContentPart[]): void {
    const turn = this.#turn;
    if (turn?.content === "") turn.content = content;
    else if (turn?.tool_calls) turn.content = joined(turn.content, content);
    else this.#begin().content = content;
  }

  call(call: ToolCall): void {
    (this.#assistant().tool_calls ??= []).push(call);
  }

  #assistant(): Message {
    return this.#turn ?? this.#begin();
  }

  #begin(): Message {
    const turn: Message = { role: "assistant", content: "" };
    this.messages.push(turn);
    this.#turn = turn;
    return turn;
  }
}

/** Adds to the first parts in place: a turn may have thousands of items. */
function joined(content: string | ContentPart[], more: string | ContentPart[]): ContentPart[] {
  const parts = toParts(content);
  for (const part of toParts(more)) parts.push(part);
  return parts;
}

function toParts(content: string | ContentPart[]): ContentPart[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
