import { APIError } from "openai/error";
import type { ProviderName, StreamPart } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, recordOr, textOr } from "../wire.ts";
import { callIn, finishOf, toResponseUsage } from "./responses-answer.ts";

/** The events that a response ends with. */
const LAST_EVENTS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete", "response.failed"]);

/** What a stream has brought so far, beside its text. */
interface StreamedResponse {
  calls: number;
  isRefused: boolean;
  /** The model that answers, or the requested one. */
  model: string;
}

/**
 * Converts the events of a streamed response to stream parts. Its last event has the whole response
 * with the usage, also where it failed: that part comes before the error. Throws the SDK's APIError
 * for a failed response, and AppError `provider_error` (retryable) for a stream without an end.
 */
export async function* toPartsOfResponse(
  events: AsyncIterable<unknown>,
  model: string,
  provider: ProviderName = "openai",
): AsyncGenerator<StreamPart> {
  const seen: StreamedResponse = { calls: 0, isRefused: false, model };
  for await (const event of events) {
    if (!isRecord(event)) throw malformed(provider, "a stream of something else than events");
    const response = recordOr(event["response"]);
    seen.model = textOr(response["model"], seen.model);
    if (LAST_EVENTS.has(event["type"])) {
      yield* lastParts(response, seen, provider);
      return;
    }
    yield* saidBy(event, seen);
  }
  throw malformed(provider, "a stream that broke off");
}

function* saidBy(event: Record<string, unknown>, seen: StreamedResponse): Generator<StreamPart> {
  const text = textOr(event["delta"], "");
  switch (event["type"]) {
    case "response.refusal.delta":
      seen.isRefused = true;
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
    case "response.output_item.done":
      for (const call of callIn(recordOr(event["item"]))) {
        yield { type: "tool_call", index: seen.calls, call };
        seen.calls += 1;
      }
      return;
  }
}

function* lastParts(
  response: Record<string, unknown>,
  { calls, isRefused, model }: StreamedResponse,
  provider: ProviderName,
): Generator<StreamPart> {
  const usage = toResponseUsage(response);
  if (usage) yield { type: "usage", usage, final: true, model };
  // The SDK takes an error without a status and headers for a lost connection.
  if (isRecord(response["error"])) throw new APIError(undefined, response["error"], undefined, new Headers());
  const finish = finishOf(response, calls > 0);
  if (finish === undefined) throw malformed(provider, "a response that failed without a reason");
  const response_id = textOr(response["id"], "");
  const finish_reason = isRefused ? "content_filter" : finish;
  yield { type: "finish", finish_reason, usage, model, ...(response_id !== "" && { response_id }) };
}
