import type { ContentPart, Message } from "../../completions/message.ts";
import type { CacheControl } from "../../completions/prompt-cache.ts";
import { FLAG, isGiven, type BodyFindings, TEXT } from "../findings.ts";
import { PARTS, readBlocks } from "./read-blocks.ts";
import { readCacheControl } from "./read-cache-control.ts";

/**
 * What the result of a failed tool begins with. OpenAI has no field for it: there the words tell
 * the model, as sgl-project/sglang#32610 proposes (read on 2026-11-26).
 */
const FAILED = "Error: ";

/** The result of a tool, as a message of its own. */
export function readToolResult(
  block: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
): Message | undefined {
  findings.unread(block, path, ["type", "tool_use_id", "content", "is_error", "cache_control"]);
  const tool_call_id = findings.needed(block["tool_use_id"], `${path}.tool_use_id`, TEXT);
  const isFailed = findings.optional(block["is_error"], `${path}.is_error`, FLAG) ?? false;
  const given = isGiven(block["content"]) ? block["content"] : "";
  const said = readBlocks(given, `${path}.content`, findings, PARTS);
  const { cache_control } = readCacheControl(block, path, findings);
  if (tool_call_id === undefined) return undefined;
  return { role: "tool", content: cachedUpTo(isFailed ? failed(said) : said, cache_control), tool_call_id };
}

function failed(content: string | ContentPart[]): string | ContentPart[] {
  if (typeof content === "string") return FAILED + content;
  const [first, ...rest] = content;
  if (first?.type === "text") return [{ ...first, text: FAILED + first.text }, ...rest];
  return [{ type: "text", text: FAILED.trimEnd() }, ...content];
}

/** The result's own breakpoint is that of its last part. */
function cachedUpTo(content: string | ContentPart[], cache_control: CacheControl | undefined): string | ContentPart[] {
  if (!cache_control) return content;
  const parts: ContentPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const last = parts.at(-1);
  return last ? [...parts.slice(0, -1), { ...last, cache_control }] : parts;
}
