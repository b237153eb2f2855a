import { type Message, partsOf } from "./message.ts";
import type { Tool } from "./tools.ts";

/**
 * The average length of a token in English prose, in UTF-8 bytes (OpenAI: "about 4 characters").
 */
const BYTES_PER_TOKEN = 4;
/** The tokens that a message's role and separators cost, as counted in OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 4;

/** The tokens of a picture of a million pixels, about: 1,105 at OpenAI, 1,334 at Anthropic. */
const TOKENS_PER_MEDIUM = 1_200;

const encoder = new TextEncoder();

/**
 * Estimates the prompt tokens of the messages and tools from their UTF-8 length, without a
 * tokenizer. True count over estimate, measured against o200k_base: English 0.80 to 1.0, German
 * 0.87, Chinese and Japanese 1.1, TypeScript 0.96, JSON 1.6, columns of digits 1.9. Anthropic's
 * tokenizers were not measured. Use the estimate only to reserve tokens, and settle from the usage
 * that comes back.
 */
export function estimateTokens(messages: readonly Message[], tools?: readonly Tool[]): number {
  let tokens = tools ? tokensInBytes(encoder.encode(JSON.stringify(tools)).byteLength) : 0;
  for (const message of messages) {
    tokens += TOKENS_PER_MESSAGE;
    for (const part of partsOf(message)) {
      tokens += part.type === "text" ? tokensInBytes(encoder.encode(part.text).byteLength) : TOKENS_PER_MEDIUM;
    }
    if (message.reasoning_blocks) {
      tokens += tokensInBytes(encoder.encode(JSON.stringify(message.reasoning_blocks)).byteLength);
    }
    for (const { name, arguments: text } of message.tool_calls ?? []) {
      tokens += TOKENS_PER_MESSAGE + tokensInBytes(encoder.encode(name + text).byteLength);
    }
  }
  return tokens;
}

/** Estimates the tokens of a text from its length in UTF-8 bytes. */
export function tokensInBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}
