import type { Message } from "./completion.ts";

/**
 * The average length of a token in English prose, in UTF-8 bytes (OpenAI: "about 4 characters").
 */
const BYTES_PER_TOKEN = 4;
/** The tokens that a message's role and separators cost, as counted in OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 4;

const encoder = new TextEncoder();

/**
 * Estimates the prompt tokens of the messages from their UTF-8 length, without a tokenizer. True
 * count over estimate, measured against o200k_base: English 0.80 to 1.0, German 0.87, Chinese and
 * Japanese 1.1, TypeScript 0.96, JSON 1.6, columns of digits 1.9. Anthropic's tokenizers were not
 * measured. Use the estimate only to reserve tokens, and settle from the usage that comes back.
 */
export function estimateTokens(messages: readonly Message[]): number {
  let tokens = 0;
  for (const { content } of messages) {
    tokens += TOKENS_PER_MESSAGE + tokensInBytes(encoder.encode(content).byteLength);
  }
  return tokens;
}

/** Estimates the tokens of a text from its length in UTF-8 bytes. */
export function tokensInBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}
