import type { CacheControl } from "./prompt-cache.ts";
import type { ToolCall } from "./tools.ts";

export type { CacheControl };

/** Who speaks in a message. `developer` ranks like `system`; `tool` gives the result of a call. */
export const ROLES = ["system", "developer", "user", "assistant", "tool"] as const;
/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/**
 * Where a picture, a document or a recording is: at a URL that the provider fetches, in the
 * message as base64, or among the provider's files.
 */
export type Media = { url: string } | { data: string; media_type: string } | { file_id: string };

/** A part of a message's content. */
export type ContentPart = { cache_control?: CacheControl } & (
  | { type: "text"; text: string }
  | { type: "image"; image: Media; detail?: "low" | "high" | "auto" }
  | { type: "file"; file: Media; filename?: string }
  | { type: "audio"; audio: Media; format?: "wav" | "mp3" }
);

/**
 * Reasoning as its provider gave it, to be sent back to that provider unchanged: Anthropic signs
 * its thinking, OpenAI encrypts its reasoning. No other provider can read it.
 */
export type ReasoningBlock =
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "reasoning"; id: string; summary: string[]; encrypted_content?: string };

/** The part of a block of reasoning that can be read, which may be empty. */
export function textOfReasoning(block: ReasoningBlock): string {
  if (block.type === "thinking") return block.thinking;
  return block.type === "reasoning" ? block.summary.join("\n\n") : "";
}

/** A message for the model: rendered text, or parts of which each text is rendered. */
export interface Message {
  role: Role;
  content: string | ContentPart[];
  /** What the assistant thought before its message, where its provider wants it back. */
  reasoning_blocks?: ReasoningBlock[];
  /** The calls that an assistant's message asks for. */
  tool_calls?: ToolCall[];
  /** Which call a tool's message answers. */
  tool_call_id?: string;
}

/** The content as parts; none for an empty text. */
export function partsOf({ content }: Pick<Message, "content">): ContentPart[] {
  if (typeof content !== "string") return content;
  return content === "" ? [] : [{ type: "text", text: content }];
}

/** The texts of a message, without what is no text. */
export function textOfMessage({ content }: Pick<Message, "content">): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
