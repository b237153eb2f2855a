import type { FinishReason, Usage } from "../../completions/completion.ts";
import type { ToolCall } from "../../completions/tools.ts";
import { STANDARD_TIER } from "../../completions/service-tiers.ts";
import type { DoorAnswer } from "../door.ts";

/** OpenAI has no reason for what we call `other`. */
const FINISH_REASONS: Record<FinishReason, string> = {
  stop: "stop",
  length: "length",
  content_filter: "content_filter",
  tool_calls: "tool_calls",
  other: "stop",
};

/** Writes an answer as the `chat.completion` that OpenAI's API answers with. */
export function writeChatAnswer(answer: DoorAnswer): object {
  const { model, text, reasoning, reasoning_blocks, tool_calls = [], finish_reason, usage } = answer;
  return {
    ...chatHead(answer),
    object: "chat.completion",
    model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && tool_calls.length > 0 ? null : text,
          refusal: null,
          annotations: [],
          ...(tool_calls.length > 0 && { tool_calls: tool_calls.map(toChatCall) }),
          ...(reasoning !== undefined && { reasoning_content: reasoning }),
          ...(reasoning_blocks && { thinking_blocks: reasoning_blocks }),
        },
        logprobs: null,
        finish_reason: toChatReason(finish_reason),
      },
    ],
    ...(usage && { usage: toChatUsage(usage) }),
    ...tierMember(usage),
  };
}

/** What an answer and each of its chunks begin with. */
export function chatHead({ id, created_at }: Pick<DoorAnswer, "id" | "created_at">) {
  return { id: `chatcmpl-${id}`, created: Math.floor(created_at / 1000) };
}

/** A call of a tool, as a message has it. */
export function toChatCall({ id, name, arguments: text }: ToolCall) {
  return { id, type: "function", function: { name, arguments: text } };
}

/** Why the model stopped, in OpenAI's words. */
export function toChatReason(reason: FinishReason | null): string {
  return reason === null ? "stop" : FINISH_REASONS[reason];
}

/** The usage in OpenAI's form, with the details that the recorded answers have. */
export function toChatUsage(usage: Usage) {
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  const { cache_write_tokens, cache_write_1h_tokens, image_input_tokens } = usage;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens,
    prompt_tokens_details: {
      cached_tokens: usage.cached_tokens ?? 0,
      audio_tokens: usage.audio_input_tokens ?? 0,
      ...(image_input_tokens !== undefined && { image_tokens: image_input_tokens }),
      ...(cache_write_tokens !== undefined && { cache_write_tokens }),
      ...(cache_write_1h_tokens !== undefined && {
        cache_write_tokens_details: { ttl_12h_tokens: cache_write_1h_tokens },
      }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning_tokens ?? 0,
      audio_tokens: usage.audio_output_tokens ?? 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** The tier that served the call; absent where the provider counted nothing. */
export function tierMember(usage: Usage | null): { service_tier?: string } {
  return usage ? { service_tier: usage.service_tier ?? STANDARD_TIER } : {};
}
