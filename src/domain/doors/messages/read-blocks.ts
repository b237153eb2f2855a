import type { ContentPart, ReasoningBlock } from "../../completions/message.ts";
import type { ToolCall } from "../../completions/tools.ts";
import { isRecord } from "../../json-schema/values.ts";
import { isGiven, LIST, type BodyFindings, TEXT } from "../findings.ts";
import { signedReasoning } from "./openai-signature.ts";
import { readCacheControl } from "./read-cache-control.ts";
import { readDocument, readImage } from "./read-media.ts";
import { toArguments } from "./tool-input.ts";

/** Reads a block whose type is known. Undefined where nothing of it is left. */
type ReadBlock<T> = (block: Record<string, unknown>, path: string, findings: BodyFindings) => T | undefined;

/** The types of blocks that a place has, with their readers. */
export type BlockReaders<T> = Readonly<Record<string, ReadBlock<T>>>;

/** Parts of what a user says, or of what a tool gave. */
export const PARTS: BlockReaders<ContentPart> = { text: readText, image: readImage, document: readDocument };

/** A text, or blocks of the types that the place has. Every other type is untranslated. */
export function readBlocks<T>(
  given: unknown,
  path: string,
  findings: BodyFindings,
  readers: BlockReaders<T>,
): string | T[] {
  if (typeof given === "string") return given;
  if (!Array.isArray(given)) return findings.fault(path, "must be a string or a list of content blocks") ?? [];
  return (given as unknown[]).flatMap((block, index) => {
    const at = `${path}.${index}`;
    if (!isRecord(block)) return findings.fault(at, "must be an object") ?? [];
    const type = findings.needed(block["type"], `${at}.type`, TEXT);
    if (type === undefined) return [];
    const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
    return (read ? read(block, at, findings) : findings.untranslate(`${at}.type`)) ?? [];
  });
}

/** A text. What it cites is a part of an earlier answer that no other API takes. */
export function readText(
  block: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): (ContentPart & { type: "text" }) | undefined {
  findings.unread(block, path, ["type", "text", "citations", "cache_control"]);
  const cited = findings.optional(block["citations"], `${path}.citations`, LIST) ?? [];
  if (cited.length > 0) findings.untranslate(`${path}.citations`);
  const text = findings.needed(block["text"], `${path}.text`, TEXT);
  return text === undefined ? undefined : { type: "text", text, ...readCacheControl(block, path, findings) };
}

/**
 * Thinking of an earlier answer. Without a signature it is what a provider told and does not take
 * back, so nothing is lost without it.
 */
export function readThinking(
  block: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): ReasoningBlock | undefined {
  findings.unread(block, path, ["type", "thinking", "signature"]);
  const thinking = findings.needed(block["thinking"], `${path}.thinking`, TEXT);
  const signature = findings.needed(block["signature"], `${path}.signature`, TEXT);
  return thinking === undefined || !signature ? undefined : signedReasoning({ thinking, signature });
}

/** Thinking that Anthropic does not show. */
export function readRedacted(
  block: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): ReasoningBlock | undefined {
  findings.unread(block, path, ["type", "data"]);
  const data = findings.needed(block["data"], `${path}.data`, TEXT);
  return data === undefined ? undefined : { type: "redacted_thinking", data };
}

/** A call of a tool. */
export function readToolUse(
  block: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): ToolCall | undefined {
  findings.unread(block, path, ["type", "id", "name", "input", "caller", "cache_control"]);
  const { caller, input } = block;
  if (isGiven(caller) && !(isRecord(caller) && caller["type"] === "direct")) findings.untranslate(`${path}.caller`);
  const id = findings.needed(block["id"], `${path}.id`, TEXT);
  const name = findings.needed(block["name"], `${path}.name`, TEXT);
  if (!isGiven(input)) findings.fault(`${path}.input`, "is missing");
  if (id === undefined || name === undefined) return undefined;
  return { id, name, arguments: toArguments(input), ...readCacheControl(block, path, findings) };
}
