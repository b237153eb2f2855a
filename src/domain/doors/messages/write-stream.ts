import { saidIn } from "../../completions/answer.ts";
import type { Said } from "../../completions/completion.ts";
import { type ReasoningBlock, textOfReasoning } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import type { AppError } from "../../errors.ts";
import type { DoorAnswer, DoorStream, DoorStreamHead } from "../door.ts";
import { toErrorBody } from "./error.ts";
import { toToolInput } from "./tool-input.ts";
import { messageHead, NO_TEXT, NO_THINKING, toStopReason, toThinkingBlock, toToolUseHead } from "./write-message.ts";
import { toMessagesUsage } from "./write-usage.ts";

/** The block that is being written. */
interface OpenBlock {
  type: "text" | "thinking";
  text: string;
}

/** Writes an answer as the events of Anthropic's API: one block after the other. */
export class MessageEvents implements DoorStream {
  readonly #head: DoorStreamHead;
  #open: OpenBlock | undefined;
  /** The index of the open block, or of the next one. */
  #index = 0;
  /** What was said of each kind; blocks of reasoning count apart from its text. */
  readonly #said = new Set<Said["type"]>();
  #blocks = 0;

  constructor(head: DoorStreamHead) {
    this.#head = head;
  }

  /** The input is an estimate here; `message_delta` has the counts that hold. */
  begin(): string {
    const { prompt_tokens } = this.#head;
    const usage = toMessagesUsage({ prompt_tokens, completion_tokens: 0, total_tokens: prompt_tokens });
    return event("message_start", { message: { ...messageHead(this.#head), usage } });
  }

  said(part: Said): string {
    if (part.type === "relayed") return "";
    this.#said.add(part.type);
    if (part.type === "tool_call") return this.#toolUse(part.call);
    if (part.type === "text") return this.#piece("text", part.text);
    const piece = this.#piece("thinking", part.text);
    return part.block ? piece + this.#endReasoning(part.block) : piece;
  }

  end(answer: DoorAnswer): string {
    const unsaid = [...this.#unsaid(answer)].join("");
    const delta = { stop_reason: toStopReason(answer), stop_sequence: null, stop_details: null, container: null };
    const { service_tier: _tier, speed: _speed, inference_geo: _geo, ...usage } = toMessagesUsage(answer.usage);
    return `${unsaid}${this.#close()}${event("message_delta", { delta, usage })}${event("message_stop", {})}`;
  }

  fail(error: AppError, requestId: string): string {
    return `event: error\ndata: ${JSON.stringify(toErrorBody(error, requestId))}\n\n`;
  }

  /** What the answer has and no part said, such as the blocks of an earlier version's leader. */
  *#unsaid({ text, reasoning, reasoning_blocks = [], tool_calls = [] }: DoorAnswer): Generator<string> {
    const blocks = reasoning_blocks.slice(this.#blocks);
    if (!this.#said.has("reasoning")) {
      for (const part of saidIn({ text: "", reasoning, reasoning_blocks })) yield this.said(part);
    } else for (const block of blocks) yield this.#endReasoning(block);
    if (!this.#said.has("text")) yield this.#piece("text", text);
    if (!this.#said.has("tool_call")) for (const call of tool_calls) yield this.#toolUse(call);
  }

  #piece(type: OpenBlock["type"], text: string): string {
    if (text === "") return "";
    const started = this.#open?.type === type ? "" : this.#start(type);
    if (this.#open) this.#open.text += type === "thinking" ? text : "";
    return (
      started + this.#delta(type === "text" ? { type: "text_delta", text } : { type: "thinking_delta", thinking: text })
    );
  }

  /** Signs the open block, which must have the block's own text; or else gives the whole block. */
  #endReasoning(block: ReasoningBlock): string {
    this.#blocks += 1;
    const written = toThinkingBlock(block);
    const text = textOfReasoning(block);
    if (written.type !== "thinking") return this.#whole(written);
    const isOpen = this.#open?.type === "thinking" && this.#open.text === text;
    const before = isOpen ? "" : this.#start("thinking") + this.#piece("thinking", text);
    const { signature } = written;
    const signed = signature === "" ? "" : this.#delta({ type: "signature_delta", signature });
    return before + signed + this.#close();
  }

  /** A tool's input comes in one piece. What is no object becomes one, as in a whole answer. */
  #toolUse(call: ToolCall): string {
    const input = toToolInput(call.arguments);
    const start = this.#close() + this.#event("content_block_start", { content_block: toToolUseHead(call) });
    const delta = this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(input) });
    return start + delta + this.#stop();
  }

  #whole(content_block: object): string {
    return this.#close() + this.#event("content_block_start", { content_block }) + this.#stop();
  }

  #start(type: OpenBlock["type"]): string {
    const closed = this.#close();
    this.#open = { type, text: "" };
    return closed + this.#event("content_block_start", { content_block: type === "text" ? NO_TEXT : NO_THINKING });
  }

  #close(): string {
    if (!this.#open) return "";
    this.#open = undefined;
    return this.#stop();
  }

  #stop(): string {
    const stopped = this.#event("content_block_stop", {});
    this.#index += 1;
    return stopped;
  }

  #delta(delta: object): string {
    return this.#event("content_block_delta", { delta });
  }

  #event(type: string, members: object): string {
    return event(type, { index: this.#index, ...members });
  }
}

function event(type: string, members: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}
