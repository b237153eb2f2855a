import type { PlainMessage } from "./plain-message.ts";

/** The bytes of UTF-8 in one token. */
export const BYTES_PER_TOKEN = 4;
/** The tokens of every message beside its text. */
export const TOKENS_PER_MESSAGE = 3;

/** The tokens of a text: one for every four bytes of UTF-8, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The tokens of a prompt: those of every message as sent, with markers, plus three a message. */
export function countPromptTokens(messages: readonly PlainMessage[]): number {
  let total = 0;
  for (const message of messages) total += countTokens(message.content) + TOKENS_PER_MESSAGE;
  return total;
}

/** The longest prefix of `text` with at most `tokens` tokens. It never splits a character. */
export function cutToTokens(text: string, tokens: number): string {
  const limit = tokens * BYTES_PER_TOKEN;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && isContinuation(bytes[end])) end--;
  return bytes.toString("utf8", 0, end);
}

/** Cuts a text into the deltas of a stream: words with their space, long words in parts. */
export function splitPieces(text: string): string[] {
  return text.match(/\S{1,12}\s?|\s/gu) ?? [];
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
