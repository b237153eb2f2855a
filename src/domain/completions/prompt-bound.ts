import type { CompletionInput, CompletionParameters } from "./completion.ts";
import { type ContentPart, partsOf } from "./message.ts";
import { openAIOptions } from "./openai-endpoint.ts";
import type { Relay } from "./relay.ts";

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

/** The most tokens of a picture, however large: OpenAI's 10,000 patches at full detail. */
const TOKENS_OF_IMAGE = 10_000;
/** The most tokens of what the provider fetches or has: a model reads no more than its window. */
const TOKENS_OF_WINDOW = 1_000_000;

type MeasuredInput = Pick<CompletionInput, "messages"> & Partial<CompletionInput>;

const encoder = new TextEncoder();
const bytesOf = (text: string) => encoder.encode(text).byteLength;

/**
 * The most prompt tokens that a provider can count for an input, whatever its text: the tokenizers
 * of both providers split bytes, and a token has at least one.
 */
export function maxPromptTokens(input: MeasuredInput): number {
  const { messages, output_schema, tools, parameters, relay } = input;
  if (relay?.body) return maxTokensOfBody(relay, input);
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

/**
 * A body that is sent as it is has no more tokens than bytes, whatever is in it, but for media: a
 * picture is not read as text, and what is elsewhere is not in the body.
 */
function maxTokensOfBody({ body_bytes }: Relay, { messages, parameters = {} }: MeasuredInput): number {
  let tokens = TOKENS_AROUND_MESSAGE + TOKENS_AROUND_SCHEMA + body_bytes + keptTokens(parameters);
  for (const message of messages) {
    tokens += TOKENS_AROUND_MESSAGE;
    for (const part of partsOf(message)) {
      if (part.type !== "text") tokens += maxTokensOfPart(part) - bytesInBody(part);
    }
  }
  return tokens;
}

/** The bytes of the body that are a medium's own. */
function bytesInBody(part: Exclude<ContentPart, { type: "text" }>): number {
  const media = part.type === "image" ? part.image : part.type === "file" ? part.file : part.audio;
  return "data" in media ? media.data.length : 0;
}

function maxTokensOfOptions(parameters: CompletionParameters): number {
  return keptTokens(parameters) + bytesOf(JSON.stringify(parameters.provider_options));
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
