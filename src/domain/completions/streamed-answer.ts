import type { AnsweredText } from "./attempt.ts";
import type { Completion, FinishReason, StreamPart, Usage } from "./completion.ts";
import { tokensInBytes } from "./token-estimate.ts";

const encoder = new TextEncoder();

/** An answer that comes as a stream: the whole completion in the end, or what was seen of it. */
export class StreamedAnswer {
  #text = "";
  #thinkingBytes = 0;
  #finishReason: FinishReason = "other";
  #usage: Usage | null = null;
  /** What the provider counted before the answer ended. */
  #stated: Usage | null = null;
  #model: string;

  /** `model` is the requested model, until the provider says which one answers. */
  constructor(model: string) {
    this.#model = model;
  }

  add(part: StreamPart): void {
    switch (part.type) {
      case "text":
        this.#text += part.text;
        break;
      case "thinking":
        this.#thinkingBytes += encoder.encode(part.text).byteLength;
        break;
      case "usage":
        this.#model = part.model;
        if (part.final) this.#usage = part.usage;
        else this.#stated = part.usage;
        break;
      case "finish":
        this.#model = part.model;
        this.#finishReason = part.finish_reason;
        this.#usage = part.usage ?? this.#usage;
        break;
    }
  }

  /** The completion, once the stream has ended. */
  completion(): Completion {
    return { text: this.#text, finish_reason: this.#finishReason, usage: this.#usage, model: this.#model };
  }

  /** What its price depends on; null where nothing shows that anything was generated. */
  seen(): AnsweredText | null {
    const isEmpty = this.#text === "" && this.#thinkingBytes === 0 && this.#usage === null && this.#stated === null;
    if (isEmpty) return null;
    return {
      text: this.#text,
      thinking_tokens: tokensInBytes(this.#thinkingBytes),
      usage: this.#usage,
      stated: this.#stated,
      model: this.#model,
    };
  }
}
