import type {
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
} from "openai/resources/chat/completions";
import { type ContentPart, type Media, type Message, partsOf } from "../../domain/completions/message.ts";
import { invalid } from "../../domain/errors.ts";
import { ownReasoning } from "./reasoning-items.ts";

/**
 * The messages of POST /chat/completions, which does not take OpenAI's own reasoning back. The
 * result of a tool has text only: the user shows what else it has, right behind the results. Throws
 * AppError `validation_error` for a part that this API does not take, and for the reasoning of
 * another provider.
 */
export function toOpenAIMessages(messages: readonly Message[]): ChatCompletionMessageParam[] {
  const sent: ChatCompletionMessageParam[] = [];
  const shown: ChatCompletionContentPart[] = [];
  for (const [index, message] of messages.entries()) {
    const isResult = message.role === "tool";
    if (!isResult && shown.length > 0) sent.push({ role: "user", content: shown.splice(0) });
    ownReasoning(message, `messages.${index}`);
    const content =
      typeof message.content === "string" ? message.content : contentOf(message.content, `messages.${index}.content`);
    sent.push(toMessage(message, isResult ? textOfResult(content) : content));
    if (isResult) shown.push(...mediaOfResult(message, content));
  }
  if (shown.length > 0) sent.push({ role: "user", content: shown });
  return sent;
}

type Content = string | ChatCompletionContentPart[];

function toMessage(message: Message, content: Content): ChatCompletionMessageParam {
  const { role, tool_calls, tool_call_id } = message;
  const calls = tool_calls?.map(toCall);
  return {
    role,
    content: calls && partsOf(message).length === 0 ? null : content,
    ...(calls && { tool_calls: calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  } as ChatCompletionMessageParam;
}

/** What stands for a result without a text. */
const SHOWN = "The next message of the user shows the result.";

function textOfResult(content: Content): Content {
  if (typeof content === "string") return content;
  const texts = content.filter(({ type }) => type === "text");
  return texts.length === 0 && content.length > 0 ? SHOWN : texts;
}

/** The media of a result, with a word on whose they are. */
function mediaOfResult({ tool_call_id }: Message, content: Content): ChatCompletionContentPart[] {
  const media = typeof content === "string" ? [] : content.filter(({ type }) => type !== "text");
  return media.length === 0 ? [] : [{ type: "text", text: `The result of ${tool_call_id}:` }, ...media];
}

function contentOf(parts: readonly ContentPart[], path: string): ChatCompletionContentPart[] {
  return parts.map((part, index) => ({ ...toPart(part, `${path}.${index}`), ...breakpointOf(part) }));
}

function toCall({ id, name, arguments: text }: { id: string; name: string; arguments: string }) {
  return { id, type: "function", function: { name, arguments: text } } satisfies ChatCompletionMessageToolCall;
}

function toPart(part: ContentPart, path: string): ChatCompletionContentPart {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type === "image") {
    const { image, detail } = part;
    return { type: "image_url", image_url: { url: urlOf(image, path), ...(detail !== undefined && { detail }) } };
  }
  if (part.type === "audio") {
    if (!("data" in part.audio)) throw notTaken(path, "a recording that is not in the message");
    const { data, media_type } = part.audio;
    return {
      type: "input_audio",
      input_audio: { data, format: part.format ?? (/wav/.test(media_type) ? "wav" : "mp3") },
    };
  }
  const { file, filename } = part;
  if ("url" in file) throw notTaken(path, "a file by its URL");
  if ("file_id" in file) return { type: "file", file: { file_id: file.file_id } };
  return { type: "file", file: { file_data: dataUrl(file), filename: filename ?? "file" } };
}

function urlOf(media: Media, path: string): string {
  if ("url" in media) return media.url;
  if ("data" in media) return dataUrl(media);
  throw notTaken(path, "a picture by a file's id");
}

function dataUrl({ data, media_type }: { data: string; media_type: string }): string {
  return `data:${media_type};base64,${data}`;
}

/** OpenAI keeps prompts for half an hour, or for 12 hours where that is asked for. */
function breakpointOf({ cache_control }: ContentPart): object {
  return cache_control ? { prompt_cache_breakpoint: { mode: "explicit" } } : {};
}

function notTaken(path: string, what: string) {
  return invalid([{ path, message: `OpenAI's chat completions do not take ${what}` }]);
}
