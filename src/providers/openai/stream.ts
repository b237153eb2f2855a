import type { FinishReason, ProviderName, StreamPart, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, recordOr, textOr } from "../wire.ts";
import { reasoningOf, textOfContent, toFinishReason, toUsage } from "./response.ts";
import { StreamedToolCalls } from "./streamed-tool-calls.ts";

/**
 * Converts OpenAI's chunks to stream parts. The finish comes at the end of the stream, because the
 * usage has its own chunk after the finish reason. Accepts a stream without `[DONE]`.
 * Throws AppError `provider_error` (retryable) for a stream without a finish reason.
 */
export async function* toStreamParts(
  chunks: AsyncIterable<unknown>,
  model: string,
  provider: ProviderName = "openai",
): AsyncGenerator<StreamPart> {
  let finish: FinishReason | undefined;
  let refused = false;
  const calls = new StreamedToolCalls();
  let usage: Usage | null = null;
  let tier: unknown;
  let answering = model;
  for await (const chunk of chunks) {
    if (!isRecord(chunk)) throw malformed(provider, "a stream of something else than chunks");
    answering = textOr(chunk["model"], answering);
    tier = chunk["service_tier"] ?? tier;
    const counted = toUsage(chunk["usage"], tier);
    if (counted) {
      usage = counted;
      yield { type: "usage", usage, final: finish !== undefined, model: answering };
    }
    const choice: unknown = Array.isArray(chunk["choices"]) ? chunk["choices"][0] : undefined;
    if (!isRecord(choice)) continue;
    const reason = textOr(choice["finish_reason"], "");
    // Some compatible servers send an empty reason with each chunk.
    if (reason !== "") finish = toFinishReason(reason);
    const delta = recordOr(choice["delta"]);
    const { content, refusal } = delta;
    yield* calls.add(delta["tool_calls"]);
    const reasoning = reasoningOf(delta);
    if (reasoning !== "") yield { type: "reasoning", text: reasoning };
    if (typeof refusal === "string" && refusal !== "") refused = true;
    const text = textOr(textOfContent(content), textOr(refusal, ""));
    if (text !== "") yield { type: "text", text };
  }
  if (finish === undefined) throw malformed(provider, "a stream that broke off");
  yield* calls.rest();
  yield { type: "finish", finish_reason: refused ? "content_filter" : finish, usage, model: answering };
}
