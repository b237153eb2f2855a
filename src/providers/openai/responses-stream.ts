import { APIError } from "openai/error";
import type { ProviderName, StreamPart } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import type { StreamReader } from "../wire-format.ts";
import { isRecord, recordOr, textOr } from "../wire.ts";
import { reasoningBlockIn } from "./reasoning-items.ts";
import { callIn, finishOf, listOf, toResponseUsage } from "./responses-answer.ts";

/** The events that every response begins with. */
const FIRST_EVENTS: ReadonlySet<unknown> = new Set(["response.queued", "response.created", "response.in_progress"]);
/** The events that a response ends with. */
const LAST_EVENTS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/**
 * Converts the events of a streamed response to stream parts. Its last event has the whole response
 * with the usage, also where it failed: that part comes before the error. Throws the SDK's APIError
 * for a failed response, and AppError `provider_error` (retryable) for a stream without an end.
 */
export class ResponseReader implements StreamReader {
  isOver = false;
  hasBegun = false;
  readonly #provider: ProviderName;
  /** The ids of the calls that were given. */
  readonly #calls = new Set<string>();
  #isRefused = false;
  #model: string;

  constructor(model: string, provider: ProviderName = "openai") {
    this.#model = model;
    this.#provider = provider;
  }

  get isWhole(): boolean {
    return this.isOver;
  }

  *read(event: unknown): Generator<StreamPart> {
    if (!isRecord(event)) throw malformed(this.#provider, "a stream of something else than events");
    this.hasBegun ||= !FIRST_EVENTS.has(event["type"]);
    const response = recordOr(event["response"]);
    this.#model = textOr(response["model"], this.#model);
    this.isOver = LAST_EVENTS.has(event["type"]);
    yield* this.isOver ? this.#last(response) : this.#said(event);
  }

  end(): StreamPart[] {
    if (!this.isOver) throw malformed(this.#provider, "a stream that broke off");
    return [];
  }

  *#said(event: Record<string, unknown>): Generator<StreamPart> {
    const text = textOr(event["delta"], "");
    switch (event["type"]) {
      case "response.refusal.delta":
        this.#isRefused = true;
        if (text !== "") yield { type: "text", text };
        return;
      case "response.output_text.delta":
        if (text !== "") yield { type: "text", text };
        return;
      case "response.reasoning_summary_part.added":
        if (event["summary_index"] !== 0) yield { type: "reasoning", text: "\n\n" };
        return;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        if (text !== "") yield { type: "reasoning", text };
        return;
      case "response.output_item.done": {
        const item = recordOr(event["item"]);
        for (const block of reasoningBlockIn(item)) yield { type: "reasoning", text: "", block };
        yield* this.#call(item);
        return;
      }
    }
  }

  *#call(item: Record<string, unknown>): Generator<StreamPart> {
    for (const call of callIn(item)) {
      if (this.#calls.has(call.id)) continue;
      yield { type: "tool_call", index: this.#calls.size, call };
      this.#calls.add(call.id);
    }
  }

  *#last(response: Record<string, unknown>): Generator<StreamPart> {
    const usage = toResponseUsage(response);
    const model = this.#model;
    if (usage) yield { type: "usage", usage, final: true, model };
    // The SDK takes an error without a status and headers for a lost connection.
    if (isRecord(response["error"])) throw new APIError(undefined, response["error"], undefined, new Headers());
    // A compatible server may tell of its calls in the whole response only.
    for (const item of listOf(response["output"])) yield* this.#call(item);
    const finish = finishOf(response, this.#calls.size > 0);
    if (finish === undefined) throw malformed(this.#provider, "a response that failed without a reason");
    const response_id = textOr(response["id"], "");
    const finish_reason = this.#isRefused ? "content_filter" : finish;
    yield { type: "finish", finish_reason, usage, model, ...(response_id !== "" && { response_id }) };
  }
}
