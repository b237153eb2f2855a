import type { ContentBlockParam, MessageParam, TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import {
  type CacheControl,
  type ContentPart,
  type Media,
  type Message,
  partsOf,
  type ReasoningBlock,
} from "../../domain/completions/message.ts";
import { parseArguments, type ToolCall } from "../../domain/completions/tools.ts";
import { invalid } from "../../domain/errors.ts";

/**
 * The messages of POST /v1/messages, without those of the system. The assistant's thinking comes
 * first in its message. Results of tools that follow each other become one message, as the API
 * wants them, and a message that says nothing is left out, which it refuses. Throws AppError
 * `validation_error` for a part that this API does not take.
 */
export function toAnthropicMessages(messages: readonly Message[]): MessageParam[] {
  const sent: MessageParam[] = [];
  let results: ContentBlockParam[] | undefined;
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    if (role === "system" || role === "developer") continue;
    const path = `messages.${index}.content`;
    if (role === "tool") {
      const result = toResult(message, path);
      if (results) results.push(result);
      else sent.push({ role: "user", content: (results = [result]) });
      continue;
    }
    const thoughts = (message.reasoning_blocks ?? []).map((block, at) =>
      toThought(block, `messages.${index}.reasoning_blocks.${at}`),
    );
    const calls = message.tool_calls ?? [];
    const isText = typeof content === "string" && thoughts.length === 0 && calls.length === 0;
    const said = isText ? content : [...thoughts, ...blocksOf(message, path)];
    if (said.length === 0) continue;
    results = undefined;
    sent.push({ role, content: said });
  }
  return sent;
}

/** The system's texts: one text, or blocks where a part is a cache breakpoint. */
export function toSystem(messages: readonly Message[], more: readonly string[]): string | TextBlockParam[] {
  const parts = messages.flatMap((message, index) =>
    message.role === "system" || message.role === "developer"
      ? partsOf(message).map((part, at) => toSystemBlock(part, `messages.${index}.content.${at}`))
      : [],
  );
  const blocks = [...parts, ...more.map((text): TextBlockParam => ({ type: "text", text }))].filter(
    ({ text }) => text !== "",
  );
  const isPlain = blocks.every(({ cache_control }) => cache_control === undefined);
  return isPlain ? blocks.map(({ text }) => text).join("\n\n") : blocks;
}

function toSystemBlock(part: ContentPart, path: string): TextBlockParam {
  if (part.type !== "text") throw notTaken(path, `a part of type ${part.type} in the system prompt`);
  return { type: "text", text: part.text, ...cacheControlOf(part) };
}

function toThought(block: ReasoningBlock, path: string): ContentBlockParam {
  if (block.type === "reasoning") throw notTaken(path, "the reasoning of another provider");
  return block;
}

function blocksOf(message: Message, path: string): ContentBlockParam[] {
  const blocks = partsOf(message)
    .filter((part) => part.type !== "text" || part.text !== "")
    .map((part, index) => toBlock(part, `${path}.${index}`));
  return [...blocks, ...(message.tool_calls ?? []).map(toToolUse)];
}

function toToolUse({ id, name, arguments: text, cache_control }: ToolCall): ContentBlockParam {
  return { type: "tool_use", id, name, input: parseArguments(text), ...cacheControlOf({ cache_control }) };
}

function toResult(message: Message, path: string): ContentBlockParam {
  const { content, tool_call_id = "" } = message;
  const sent = typeof content === "string" ? content : blocksOf(message, path);
  return { type: "tool_result", tool_use_id: tool_call_id, content: sent } as ContentBlockParam;
}

function toBlock(part: ContentPart, path: string): ContentBlockParam {
  const cached = cacheControlOf(part);
  if (part.type === "text") return { type: "text", text: part.text, ...cached };
  if (part.type === "image") {
    return { type: "image", source: sourceOf(part.image), ...cached } as ContentBlockParam;
  }
  if (part.type === "audio") throw notTaken(path, "audio");
  const { file, filename } = part;
  const title = filename === undefined ? {} : { title: filename };
  return { type: "document", source: documentOf(file), ...title, ...cached } as ContentBlockParam;
}

function sourceOf(media: Media): object {
  if ("url" in media) return { type: "url", url: media.url };
  if ("file_id" in media) return { type: "file", file_id: media.file_id };
  return { type: "base64", data: media.data, media_type: media.media_type };
}

/** A text document goes as its text; of the others the API takes PDF. */
function documentOf(media: Media): object {
  if (!("data" in media) || !media.media_type.startsWith("text/")) return sourceOf(media);
  const data = Buffer.from(media.data, "base64").toString("utf8");
  return { type: "text", data, media_type: "text/plain" };
}

function cacheControlOf({ cache_control }: { cache_control?: CacheControl | undefined }) {
  return cache_control ? { cache_control } : {};
}

function notTaken(path: string, what: string) {
  return invalid([{ path, message: `Anthropic does not take ${what}` }]);
}
