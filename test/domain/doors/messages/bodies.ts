import type { CompletionRequest, Usage } from "../../../../src/domain/completions/completion.ts";
import type { ReasoningBlock } from "../../../../src/domain/completions/message.ts";
import type { DoorAnswer } from "../../../../src/domain/doors/door.ts";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";

/** The smallest body, with some fields changed. */
export function body(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "claude-haiku-4-5", max_tokens: 100, messages: [{ role: "user", content: "Hello" }], ...changes };
}

/** A body with blocks in the user's only message. */
export function withBlocks(...content: unknown[]): Record<string, unknown> {
  return body({ messages: [{ role: "user", content }] });
}

/** A body in which the assistant said these blocks before. */
export function afterBlocks(...content: unknown[]): Record<string, unknown> {
  return body({
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content },
      { role: "user", content: "And?" },
    ],
  });
}

/** What a body asks of a model, as an adapter gets it. */
export function asked(given: Record<string, unknown>, changes: Partial<CompletionRequest> = {}): CompletionRequest {
  const { own: _own, untranslated: _untranslated, stream: _stream, ...request } = messagesDoor.read(given);
  return { provider: "anthropic", ...request, ...changes };
}

export const WEATHER = {
  name: "get_weather",
  description: "The weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

export const PNG = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
export const PDF = { type: "base64", media_type: "application/pdf", data: "JVBERi0=" };
export const CACHED = { cache_control: { type: "ephemeral", ttl: "1h" } };

/** A whole answer with some members changed. */
export function answer(changes: Partial<DoorAnswer> = {}): DoorAnswer {
  return {
    id: "exe_1",
    created_at: 0,
    model: "gpt-6-sol",
    text: "Hello",
    finish_reason: "stop",
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
    ...changes,
  };
}

export const SIGNED: ReasoningBlock = { type: "thinking", thinking: "Hm.", signature: "EqQB" };
export const HIDDEN: ReasoningBlock = { type: "thinking", thinking: "", signature: "EqQC" };
export const REDACTED: ReasoningBlock = { type: "redacted_thinking", data: "sealed" };
export const SEALED: ReasoningBlock = { type: "reasoning", id: "rs_1", summary: ["So."], encrypted_content: "gAAA" };
export const CALL = { id: "t1", name: "get_weather", arguments: '{"city":"Bern"}' };
export const USAGE: Usage = {
  prompt_tokens: 2_125,
  completion_tokens: 15,
  total_tokens: 2_140,
  cached_tokens: 2_000,
  cache_write_tokens: 100,
  cache_write_1h_tokens: 40,
  reasoning_tokens: 5,
};
