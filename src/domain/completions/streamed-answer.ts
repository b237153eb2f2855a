import type { AnsweredText } from "./attempt.ts";
import type { Completion, FinishReason, StreamPart, Usage } from "./completion.ts";
import type { ReasoningBlock } from "./message.ts";
import type { ToolCall } from "./tools.ts";
import { tokensInBytes } from "./token-estimate.ts";

const encoder = new TextEncoder();

/** An answer that comes as a stream: the whole completion in the end, or what was seen of it. */
export class StreamedAnswer {
  #text = "";
  #reasoning = "";
  readonly #reasoningBlocks: ReasoningBlock[] = [];
  readonly #toolCalls: ToolCall[] = [];
  /** Bytes of output beside the text. */
  #otherBytes = 0;
  #finishReason: FinishReason = "other";
  #usage: Usage | null = null;
  /** What the provider counted before the answer ended. */
  #stated: Usage | null = null;
  #model: string;
  #responseId: string | undefined;
  #relayed: string | undefined;

  /** `model` is the requested model, until the provider says which one answers. */
  constructor(model: string) {
    this.#model = model;
  }

  add(part: StreamPart): void {
    switch (part.type) {
      case "text":
        this.#text += part.text;
        break;
      case "reasoning":
        this.#reasoning += part.text;
        if (part.block) this.#reasoningBlocks.push(part.block);
        this.#otherBytes += encoder.encode(part.text).byteLength;
        break;
      case "tool_call":
        this.#toolCalls.push(part.call);
        this.#otherBytes += encoder.encode(part.call.name + part.call.arguments).byteLength;
        break;
      case "unread":
        this.#otherBytes += encoder.encode(part.text).byteLength;
        break;
      case "relayed":
        this.#relayed = (this.#relayed ?? "") + part.text;
        break;
      case "usage":
        this.#model = part.model;
        if (part.final) this.#usage = part.usage;
        else this.#stated = part.usage;
        break;
      case "finish":
        this.#model = part.model;
        this.#finishReason = part.finish_reason;
        this.#responseId = part.response_id;
        this.#usage = part.usage ?? this.#usage;
        break;
    }
  }

  /** The completion, once the stream has ended. */
  completion(): Completion {
    return {
      text: this.#text,
      ...(this.#toolCalls.length > 0 && { tool_calls: this.#toolCalls }),
      ...(this.#reasoning !== "" && { reasoning: this.#reasoning }),
      ...(this.#reasoningBlocks.length > 0 && { reasoning_blocks: this.#reasoningBlocks }),
      ...(this.#responseId !== undefined && { response_id: this.#responseId }),
      ...(this.#relayed !== undefined && { relayed: this.#relayed }),
      finish_reason: this.#finishReason,
      usage: this.#usage,
      model: this.#model,
    };
  }

  /** What its price depends on; null where nothing shows that anything was generated. */
  seen(): AnsweredText | null {
    const isEmpty = this.#text === "" && this.#otherBytes === 0 && this.#usage === null && this.#stated === null;
    if (isEmpty) return null;
    return {
      text: this.#text,
      thinking_tokens: tokensInBytes(this.#otherBytes),
      usage: this.#usage,
      stated: this.#stated,
      model: this.#model,
    };
  }
}
