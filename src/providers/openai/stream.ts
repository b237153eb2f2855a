import type { FinishReason, ProviderName, StreamPart, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import type { StreamReader } from "../wire-format.ts";
import { isRecord, recordOr, textOr } from "../wire.ts";
import { finishWith, reasoningOf, textOfContent, toFinishReason, toUsage } from "./response.ts";
import { StreamedToolCalls } from "./streamed-tool-calls.ts";

/**
 * Converts OpenAI's chunks to stream parts. The finish comes at the end of the stream, because the
 * usage has its own chunk, the last one, after the finish reason. Accepts a stream without
 * `[DONE]`. Throws AppError `provider_error` (retryable) for a stream without a finish reason.
 */
export class ChunkReader implements StreamReader {
  isOver = false;
  hasBegun = false;
  readonly #provider: ProviderName;
  readonly #calls: StreamedToolCalls;
  readonly #choices: number;
  /** The choices that have ended. */
  readonly #ended = new Set<unknown>();
  #finish: FinishReason | undefined;
  #isRefused = false;
  #usage: Usage | null = null;
  #tier: unknown;
  #model: string;

  constructor(model: string, provider: ProviderName = "openai", choices = 1) {
    this.#model = model;
    this.#provider = provider;
    this.#choices = choices;
    this.#calls = new StreamedToolCalls(provider);
  }

  get isWhole(): boolean {
    return this.#ended.size >= this.#choices;
  }

  *read(chunk: unknown): Generator<StreamPart> {
    if (!isRecord(chunk)) throw malformed(this.#provider, "a stream of something else than chunks");
    this.#model = textOr(chunk["model"], this.#model);
    this.#tier = chunk["service_tier"] ?? this.#tier;
    const usage = toUsage(chunk["usage"], this.#tier);
    if (usage) {
      this.#usage = usage;
      yield { type: "usage", usage, final: this.#finish !== undefined, model: this.#model };
    }
    const choices: unknown[] = Array.isArray(chunk["choices"]) ? chunk["choices"] : [];
    for (const choice of choices.filter(isRecord))
      yield* this.#isFirst(choice) ? this.#said(choice) : this.#beside(choice);
    this.isOver = choices.length === 0 && usage !== null && this.isWhole;
  }

  *end(): Generator<StreamPart> {
    if (this.#finish === undefined) throw malformed(this.#provider, "a stream that broke off");
    yield* this.#calls.rest();
    const finish = finishWith(this.#finish, !this.#calls.isEmpty);
    const finish_reason = this.#isRefused ? "content_filter" : finish;
    yield { type: "finish", finish_reason, usage: this.#usage, model: this.#model };
  }

  #isFirst({ index }: Record<string, unknown>): boolean {
    return this.#choices === 1 || (index ?? 0) === 0;
  }

  /** Why a choice ended, and its delta. Some compatible servers send an empty reason each time. */
  #stateOf({ index, finish_reason, delta: given }: Record<string, unknown>) {
    const reason = textOr(finish_reason, "");
    const delta = recordOr(given);
    if (reason !== "") this.#ended.add(index ?? 0);
    this.hasBegun ||= reason !== "" || Object.entries(delta).some(saysSomething);
    return { reason, delta };
  }

  /** A further choice, which only a client that is relayed the chunks reads. */
  *#beside(choice: Record<string, unknown>): Generator<StreamPart> {
    const { content, tool_calls } = this.#stateOf(choice).delta;
    const text = textOfContent(content) + (tool_calls ? JSON.stringify(tool_calls) : "");
    if (text !== "") yield { type: "unread", text };
  }

  *#said(choice: Record<string, unknown>): Generator<StreamPart> {
    const { reason, delta } = this.#stateOf(choice);
    if (reason !== "") this.#finish = toFinishReason(reason);
    const { content, refusal } = delta;
    yield* this.#calls.add(delta["tool_calls"]);
    const reasoning = reasoningOf(delta);
    if (reasoning !== "") yield { type: "reasoning", text: reasoning };
    if (typeof refusal === "string" && refusal !== "") this.#isRefused = true;
    const text = textOr(textOfContent(content), textOr(refusal, ""));
    if (text !== "") yield { type: "text", text };
  }
}

/** The first chunk names the role, with an empty text. */
function saysSomething([name, value]: [string, unknown]): boolean {
  return name !== "role" && value !== null && value !== "";
}
