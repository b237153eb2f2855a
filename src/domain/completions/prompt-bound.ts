import type { CompletionInput, CompletionParameters } from "./completion.ts";
import { type ContentPart, partsOf } from "./message.ts";
import { openAIOptions } from "./openai-endpoint.ts";
import { tokensOfTypedTools } from "./provider-tools.ts";
import { TOKENS_OF_IMAGE, TOKENS_OF_WINDOW, tokensBesideText } from "./relayed-media.ts";

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

type MeasuredInput = Pick<CompletionInput, "messages"> & Partial<CompletionInput>;

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text).byteLength;

/**
 * The most prompt tokens that a provider can count for an input, whatever its text: the tokenizers
 * of both providers split bytes, and a token has at least one.
 */
export function maxPromptTokens(input: MeasuredInput): number {
  const { messages, output_schema, tools, parameters, relay } = input;
  if (relay?.body) {
    const around = TOKENS_AROUND_MESSAGE * (messages.length + 1) + TOKENS_AROUND_SCHEMA;
    // What is sent as it is has no more tokens than bytes, but for media.
    const beside = tokensBesideText(relay.body) + keptTokens(parameters ?? {}) + tokensOfTypedTools(parameters ?? {});
    return around + relay.body_bytes + beside;
  }
  let tokens = TOKENS_AROUND_MESSAGE;
  for (const message of messages) {
    tokens += TOKENS_AROUND_MESSAGE;
    for (const part of partsOf(message)) tokens += maxTokensOfPart(part);
    if (message.tool_call_id !== undefined) tokens += bytesOf(message.tool_call_id);
    if (message.reasoning_blocks) tokens += bytesOf(JSON.stringify(message.reasoning_blocks));
    if (message.tool_calls) tokens += TOKENS_AROUND_MESSAGE + bytesOf(JSON.stringify(message.tool_calls));
  }
  if (output_schema) tokens += TOKENS_AROUND_SCHEMA + bytesOf(JSON.stringify(output_schema));
  if (tools) tokens += TOKENS_AROUND_SCHEMA + bytesOf(JSON.stringify(tools));
  if (parameters?.provider_options) tokens += maxTokensOfOptions(parameters);
  return tokens;
}

function maxTokensOfOptions(parameters: CompletionParameters): number {
  const typed = tokensOfTypedTools(parameters);
  const around = typed === 0 ? 0 : TOKENS_AROUND_SCHEMA + typed;
  return around + keptTokens(parameters) + bytesOf(JSON.stringify(parameters.provider_options));
}

/** What OpenAI keeps of a conversation is a part of the prompt. */
function keptTokens(parameters: CompletionParameters): number {
  const { previous_response_id, conversation } = openAIOptions(parameters);
  return (previous_response_id ?? conversation ?? null) === null ? 0 : TOKENS_OF_WINDOW;
}

/** A document or a recording in the message has no more tokens than bytes. */
function maxTokensOfPart(part: ContentPart): number {
  if (part.type === "text") return bytesOf(part.text);
  if (part.type === "image") return TOKENS_OF_IMAGE;
  const media = part.type === "file" ? part.file : part.audio;
  const name = part.type === "file" ? bytesOf(part.filename ?? "") : 0;
  return name + ("data" in media ? Math.min(TOKENS_OF_WINDOW, media.data.length) : TOKENS_OF_WINDOW);
}
