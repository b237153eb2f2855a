import type { Said } from "../../completions/completion.ts";
import type { AppError } from "../../errors.ts";
import { isRecord } from "../../json-schema/values.ts";
import type { DoorAnswer, DoorStream, DoorStreamHead } from "../door.ts";
import { openAIErrorObject } from "../openai-error.ts";
import { chatHead, tierMember, toChatCall, toChatReason, toChatUsage } from "./write-answer.ts";

/** What comes after the last chunk. */
const DONE = "data: [DONE]\n\n";

/** Writes an answer as the `chat.completion.chunk` events of OpenAI's API. */
export class ChatStream implements DoorStream {
  readonly #head: DoorStreamHead;
  /** Whether the client wants the usage: a chunk of its own, and a null in each other one. */
  readonly #tellsUsage: boolean;
  /** What was said of each kind. */
  readonly #said = new Set<Said["type"]>();

  constructor(head: DoorStreamHead, asked: Record<string, unknown>) {
    const { stream_options } = asked;
    this.#head = head;
    this.#tellsUsage = isRecord(stream_options) && stream_options["include_usage"] === true;
  }

  /** The content is null while nobody knows whether there will be any. */
  begin(): string {
    return this.#chunk({ role: "assistant", content: null, refusal: null });
  }

  said(part: Said): string {
    this.#said.add(part.type);
    if (part.type === "text") return this.#chunk({ content: part.text });
    if (part.type === "reasoning") return this.#chunk({ reasoning_content: part.text });
    if (part.type === "relayed") return "";
    return this.#chunk({ tool_calls: [{ index: part.index, ...toChatCall(part.call) }] });
  }

  end(answer: DoorAnswer): string {
    const { model, finish_reason, usage } = answer;
    const ending = { model, ...tierMember(usage) };
    const events = [...this.#unsaid(answer), this.#chunk({}, { ...ending, reason: toChatReason(finish_reason) })];
    if (this.#tellsUsage && usage) events.push(this.#event({ ...ending, choices: [], usage: toChatUsage(usage) }));
    return [...events, DONE].join("");
  }

  fail(error: AppError, _requestId: string): string {
    return `data: ${JSON.stringify({ error: openAIErrorObject(error) })}\n\n`;
  }

  /**
   * What an answer has and no part said. The blocks come whole and at once, because the official
   * client keeps the last value of a field that it does not know.
   */
  *#unsaid({ text, reasoning, reasoning_blocks, tool_calls = [] }: DoorAnswer): Generator<string> {
    if (reasoning !== undefined && !this.#said.has("reasoning")) {
      yield this.said({ type: "reasoning", text: reasoning });
    }
    if (reasoning_blocks) yield this.#chunk({ thinking_blocks: reasoning_blocks });
    if (!this.#said.has("text") && (text !== "" || tool_calls.length === 0)) yield this.said({ type: "text", text });
    if (this.#said.has("tool_call")) return;
    for (const [index, call] of tool_calls.entries()) yield this.said({ type: "tool_call", index, call });
  }

  #chunk(delta: object, { reason = null, ...members }: { reason?: string | null } & object = {}): string {
    return this.#event({
      ...members,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(this.#tellsUsage && { usage: null }),
    });
  }

  #event(members: object): string {
    const { model } = this.#head;
    const head = { ...chatHead(this.#head), object: "chat.completion.chunk", model };
    return `data: ${JSON.stringify({ ...head, ...members })}\n\n`;
  }
}
