import type { Door } from "../door.ts";
import { toOpenAIError } from "../openai-error.ts";
import { readChatRequest } from "./read-request.ts";
import { writeChatAnswer } from "./write-answer.ts";
import { ChatStream } from "./write-stream.ts";

/**
 * OpenAI's Chat Completions API, `POST /v1/chat/completions`. What clients of OpenRouter and
 * LiteLLM add to it for Anthropic's models is read and written, too: `cache_control`, `thinking`,
 * `top_k`, `thinking_blocks`, `reasoning_content`.
 */
export const chatDoor: Door = {
  read: readChatRequest,
  write: writeChatAnswer,
  stream: (head, asked) => new ChatStream(head, asked),
  error: toOpenAIError,
};
