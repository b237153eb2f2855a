import type { Message } from "./completion.ts";

/** UTF-8 bytes that one token stands for, on average, in English prose (OpenAI: "one token is about 4 characters"). */
const BYTES_PER_TOKEN = 4;
/** Tokens that the wire's framing of a message costs (role and separators), as counted by OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 4;

const encoder = new TextEncoder();

/**
 * About how many prompt tokens the messages will count, from their UTF-8 bytes; no tokenizer is loaded.
 * English prose is within about 20 %; code, digits and unusual words count up to 60 % more tokens than estimated,
 * Chinese, Japanese and Korean between 40 % fewer and 60 % more, depending on the tokenizer. Settle from the usage that comes back.
 */
export function estimateTokens(messages: readonly Message[]): number {
  let tokens = 0;
  for (const { content } of messages) {
    tokens += TOKENS_PER_MESSAGE + Math.ceil(encoder.encode(content).byteLength / BYTES_PER_TOKEN);
  }
  return tokens;
}
