import type { Message } from "../../src/domain/completions/completion.ts";

/** Bytes of UTF-8 that count as one token. */
export const BYTES_PER_TOKEN = 4;
/** Tokens that every message costs beside its text. */
export const TOKENS_PER_MESSAGE = 3;

/** The mock's token rule: one token for every four bytes of UTF-8, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** Tokens of a prompt: every message's text as it was sent (markers included), plus three a message. */
export function countPromptTokens(messages: readonly Message[]): number {
  let total = 0;
  for (const message of messages) total += countTokens(message.content) + TOKENS_PER_MESSAGE;
  return total;
}

/** The longest beginning of `text` that has no more than `tokens` tokens and ends between two characters. */
export function cutToTokens(text: string, tokens: number): string {
  const limit = tokens * BYTES_PER_TOKEN;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end);
}

/** Cuts a text into what a model would send one delta at a time: words with their space, long ones in parts, never inside a character. */
export function splitPieces(text: string): string[] {
  return text.match(/\S{1,12}\s?|\s/gu) ?? [];
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
