import type { StreamPart } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, textOr } from "../wire.ts";
import { refusalText, toFinishReason, toUsage } from "./response.ts";

/**
 * Converts Anthropic's stream events to stream parts: text deltas, then one finish at
 * `message_stop`. The counts of `message_delta` are cumulative and replace those of
 * `message_start`; without them there is no usage. Omits thinking and tool input.
 * Throws AppError `provider_error` (retryable) if the stream ends before `message_stop`.
 */
export async function* toStreamParts(events: AsyncIterable<unknown>, model: string): AsyncGenerator<StreamPart> {
  let answering = model;
  let started: Record<string, unknown> = {};
  let final: Record<string, unknown> | undefined;
  let reason: unknown;
  let hasText = false;
  let stopped = false;
  for await (const event of events) {
    if (!isRecord(event)) throw malformed("anthropic", "a stream of something else than events");
    if (event["type"] === "message_stop") {
      stopped = true;
      break;
    }
    if (event["type"] === "message_start" && isRecord(event["message"])) {
      answering = textOr(event["message"]["model"], answering);
      if (isRecord(event["message"]["usage"])) started = event["message"]["usage"];
    }
    let text = textOf(event);
    if (event["type"] === "message_delta") {
      const delta = isRecord(event["delta"]) ? event["delta"] : {};
      reason = delta["stop_reason"] ?? reason;
      if (isRecord(event["usage"])) final = event["usage"];
      if (!hasText) text = refusalText(delta["stop_details"]);
    }
    if (text === "") continue;
    hasText = true;
    yield { type: "text", text };
  }
  if (!stopped) throw malformed("anthropic", "a stream that broke off");
  const usage = final === undefined ? null : toUsage({ ...started, ...withoutNulls(final) });
  yield { type: "finish", finish_reason: toFinishReason(reason), usage, model: answering };
}

function textOf(event: Record<string, unknown>): string {
  if (event["type"] === "content_block_delta" && isRecord(event["delta"]) && event["delta"]["type"] === "text_delta") {
    return textOr(event["delta"]["text"], "");
  }
  const block = event["type"] === "content_block_start" ? event["content_block"] : undefined;
  return isRecord(block) && block["type"] === "text" ? textOr(block["text"], "") : "";
}

function withoutNulls(usage: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));
}
