import type { CompletionInput } from "./completion.ts";

/**
 * The most tokens that a message has beside those of its text: role, separators, and what a
 * provider puts around it. OpenAI's cookbook counts four, and three for the start of the reply.
 */
const TOKENS_AROUND_MESSAGE = 16;
/**
 * The most tokens that a provider adds for an output schema, such as its system prompt for tools.
 * Anthropic states up to 804 (documentation of tool use, "Pricing").
 */
const TOKENS_AROUND_SCHEMA = 1_000;

const encoder = new TextEncoder();

/**
 * The most prompt tokens that a provider can count for an input, whatever its text: the tokenizers
 * of both providers split bytes, and a token has at least one.
 */
export function maxPromptTokens({
  messages,
  output_schema,
}: Pick<CompletionInput, "messages"> & Partial<Pick<CompletionInput, "output_schema">>): number {
  let tokens = TOKENS_AROUND_MESSAGE;
  for (const { content } of messages) tokens += TOKENS_AROUND_MESSAGE + encoder.encode(content).byteLength;
  if (output_schema) tokens += TOKENS_AROUND_SCHEMA + encoder.encode(JSON.stringify(output_schema)).byteLength;
  return tokens;
}
