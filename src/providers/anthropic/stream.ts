import type { ProviderName, StreamPart, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import type { StreamReader } from "../wire-format.ts";
import { isRecord, textOr } from "../wire.ts";
import { refusalText, toFinishReason, toUsage } from "./response.ts";
import { StreamedThinking } from "./streamed-thinking.ts";
import { StreamedToolUse } from "./streamed-tool-use.ts";

/**
 * Converts Anthropic's stream events to stream parts: text and thinking deltas, then one finish at
 * `message_stop`. Accepts a stream without it: the stop reason shows that the answer is whole.
 * `message_start` states the input. The counts of `message_delta` are cumulative and replace those
 * of `message_start`; without them the finish has no usage. A call of a tool comes at the end of
 * its block. Throws AppError `provider_error` (retryable) for a stream without a stop reason.
 */
export class MessageReader implements StreamReader {
  isOver = false;
  hasBegun = false;
  readonly #provider: ProviderName;
  readonly #calls = new StreamedToolUse();
  readonly #thinking = new StreamedThinking();
  #model: string;
  #started: Record<string, unknown> = {};
  #final: Record<string, unknown> | undefined;
  #reason: unknown;
  #hasText = false;

  constructor(model: string, provider: ProviderName = "anthropic") {
    this.#model = model;
    this.#provider = provider;
  }

  get isWhole(): boolean {
    return this.isOver || typeof this.#reason === "string";
  }

  *read(event: unknown): Generator<StreamPart> {
    if (!isRecord(event)) throw malformed(this.#provider, "a stream of something else than events");
    this.hasBegun ||= event["type"] !== "message_start";
    if (event["type"] === "message_stop") {
      this.isOver = true;
      return;
    }
    if (event["type"] === "message_start" && isRecord(event["message"])) {
      this.#model = textOr(event["message"]["model"], this.#model);
      if (isRecord(event["message"]["usage"])) this.#started = event["message"]["usage"];
      yield* usagePart(toUsage(this.#started), false, this.#model);
    }
    yield* this.#thinking.add(event);
    yield* this.#calls.add(event);
    let text = textOf(event);
    if (event["type"] === "message_delta") {
      const delta = isRecord(event["delta"]) ? event["delta"] : {};
      this.#reason = delta["stop_reason"] ?? this.#reason;
      if (isRecord(event["usage"])) this.#final = latestOf(this.#started, event["usage"]);
      yield* usagePart(toUsage(this.#final), typeof this.#reason === "string", this.#model);
      if (!this.#hasText) text = refusalText(delta["stop_details"]);
    }
    if (text === "") return;
    this.#hasText = true;
    yield { type: "text", text };
  }

  *end(): Generator<StreamPart> {
    if (!this.isWhole) throw malformed(this.#provider, "a stream that broke off");
    yield* this.#thinking.rest();
    yield* this.#calls.rest();
    const finish_reason = toFinishReason(this.#reason);
    yield { type: "finish", finish_reason, usage: toUsage(this.#final), model: this.#model };
  }
}

function* usagePart(usage: Usage | null, final: boolean, model: string): Generator<StreamPart> {
  if (usage) yield { type: "usage", usage, final, model };
}

function textOf(event: Record<string, unknown>): string {
  if (event["type"] === "content_block_delta" && isRecord(event["delta"]) && event["delta"]["type"] === "text_delta") {
    return textOr(event["delta"]["text"], "");
  }
  const block = event["type"] === "content_block_start" ? event["content_block"] : undefined;
  return isRecord(block) && block["type"] === "text" ? textOr(block["text"], "") : "";
}

/** Both counts are cumulative, so that a smaller one, such as 0 for the input, was left out. */
function latestOf(started: Record<string, unknown>, ended: Record<string, unknown>): Record<string, unknown> {
  const latest = { ...started };
  for (const [name, value] of Object.entries(ended)) {
    const before = latest[name];
    const isSmaller = typeof before === "number" && typeof value === "number" && value < before;
    if (value !== null && !isSmaller) latest[name] = value;
  }
  return latest;
}
