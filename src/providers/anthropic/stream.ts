import type { ProviderName, StreamPart, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, textOr } from "../wire.ts";
import { refusalText, toFinishReason, toUsage } from "./response.ts";
import { StreamedToolUse } from "./streamed-tool-use.ts";

/**
 * Converts Anthropic's stream events to stream parts: text and thinking deltas, then one finish at
 * `message_stop`. Accepts a stream without it: the stop reason shows that the answer is whole.
 * `message_start` states the input. The counts of `message_delta` are cumulative and replace those
 * of `message_start`; without them the finish has no usage. A call of a tool comes at the end of
 * its block. Throws AppError `provider_error` (retryable) for a stream without a stop reason.
 */
export async function* toStreamParts(
  events: AsyncIterable<unknown>,
  model: string,
  provider: ProviderName = "anthropic",
): AsyncGenerator<StreamPart> {
  let answering = model;
  let started: Record<string, unknown> = {};
  let final: Record<string, unknown> | undefined;
  let reason: unknown;
  let hasText = false;
  let stopped = false;
  const calls = new StreamedToolUse();
  for await (const event of events) {
    if (!isRecord(event)) throw malformed(provider, "a stream of something else than events");
    if (event["type"] === "message_stop") {
      stopped = true;
      break;
    }
    if (event["type"] === "message_start" && isRecord(event["message"])) {
      answering = textOr(event["message"]["model"], answering);
      if (isRecord(event["message"]["usage"])) started = event["message"]["usage"];
      yield* usagePart(toUsage(started), false, answering);
    }
    const thinking = thinkingOf(event);
    if (thinking !== "") yield { type: "reasoning", text: thinking };
    yield* calls.add(event);
    let text = textOf(event);
    if (event["type"] === "message_delta") {
      const delta = isRecord(event["delta"]) ? event["delta"] : {};
      reason = delta["stop_reason"] ?? reason;
      if (isRecord(event["usage"])) final = latestOf(started, event["usage"]);
      yield* usagePart(toUsage(final), typeof reason === "string", answering);
      if (!hasText) text = refusalText(delta["stop_details"]);
    }
    if (text === "") continue;
    hasText = true;
    yield { type: "text", text };
  }
  if (!stopped && typeof reason !== "string") throw malformed(provider, "a stream that broke off");
  yield { type: "finish", finish_reason: toFinishReason(reason), usage: toUsage(final), model: answering };
}

function* usagePart(usage: Usage | null, final: boolean, model: string): Generator<StreamPart> {
  if (usage) yield { type: "usage", usage, final, model };
}

function thinkingOf({ type, delta }: Record<string, unknown>): string {
  const isThinking = type === "content_block_delta" && isRecord(delta) && delta["type"] === "thinking_delta";
  return isThinking ? textOr(delta["thinking"], "") : "";
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
