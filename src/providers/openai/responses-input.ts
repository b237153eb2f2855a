import type {
  ResponseInputContent,
  ResponseInputFile,
  ResponseInputImage,
  ResponseInputItem,
} from "openai/resources/responses/responses";
import { type ContentPart, type Message, partsOf, textOfMessage } from "../../domain/completions/message.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import { invalid } from "../../domain/errors.ts";
import { toReasoningItems } from "./reasoning-items.ts";

/**
 * The `input` of POST /responses: a message, or reasoning, calls of tools and their results, which
 * are items of their own here. Throws AppError `validation_error` for a part that this API does not
 * take, and for the reasoning of another provider.
 */
export function toResponsesInput(messages: readonly Message[]): ResponseInputItem[] {
  return messages.flatMap((message, index) => itemsOf(message, `messages.${index}`));
}

function itemsOf(message: Message, at: string): ResponseInputItem[] {
  const path = `${at}.content`;
  const { role, content, tool_calls = [], tool_call_id = "" } = message;
  if (role === "assistant") {
    return [...toReasoningItems(message, at), ...said(message, path), ...tool_calls.map(toCall)];
  }
  const sent =
    typeof content === "string" ? content : content.map((part, index) => toContent(part, `${path}.${index}`));
  return role === "tool"
    ? [{ type: "function_call_output", call_id: tool_call_id, output: sent }]
    : [{ role, content: sent }];
}

/** What the assistant said, which has texts only. */
function said(message: Message, path: string): ResponseInputItem[] {
  const other = partsOf(message).findIndex(({ type }) => type !== "text");
  if (other >= 0) throw notTaken(`${path}.${other}`, "anything but text from the assistant");
  const text = textOfMessage(message);
  return text === "" ? [] : [{ role: "assistant", content: text }];
}

function toCall({ id, name, arguments: text }: ToolCall): ResponseInputItem {
  return { type: "function_call", call_id: id, name, arguments: text };
}

/** OpenAI keeps prompts for half an hour, or for 12 hours where that is asked for. */
function toContent(part: ContentPart, path: string): ResponseInputContent {
  const content = toPart(part, path);
  return part.cache_control ? { ...content, prompt_cache_breakpoint: { mode: "explicit" } } : content;
}

function toPart(part: ContentPart, path: string): ResponseInputContent {
  if (part.type === "text") return { type: "input_text", text: part.text };
  if (part.type === "image") return toImage(part);
  if (part.type === "file") return toFile(part);
  throw notTaken(path, "a recording");
}

function toImage({ image, detail = "auto" }: ContentPart & { type: "image" }): ResponseInputImage {
  if ("file_id" in image) return { type: "input_image", detail, file_id: image.file_id };
  return { type: "input_image", detail, image_url: "url" in image ? image.url : dataUrl(image) };
}

function toFile({ file, filename }: ContentPart & { type: "file" }): ResponseInputFile {
  if ("file_id" in file) return { type: "input_file", file_id: file.file_id };
  if ("url" in file) return { type: "input_file", file_url: file.url };
  return { type: "input_file", file_data: dataUrl(file), filename: filename ?? "file" };
}

function dataUrl({ data, media_type }: { data: string; media_type: string }): string {
  return `data:${media_type};base64,${data}`;
}

function notTaken(path: string, what: string) {
  return invalid([{ path, message: `OpenAI's Responses does not take ${what}` }]);
}
