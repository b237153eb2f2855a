import { fromBase64, toBase64, utf8 } from "../../../lib/encoding.ts";
import type { ReasoningBlock } from "../../completions/message.ts";
import { isRecord } from "../../json-schema/values.ts";

/** What tells our own seal from what OpenAI encrypts. It is no base64. */
const SEAL = "pbt:";

/**
 * A block of reasoning as the `encrypted_content` of an item: clients send that back as it is, so
 * that a provider gets its own block again, with its own id and signature. The ids of items are
 * ours, because an item has its id before the provider has told the block. Undefined for a block
 * that no provider takes back: OpenAI's without encrypted content.
 */
export function sealReasoning(block: ReasoningBlock): string | undefined {
  if (block.type === "reasoning" && block.encrypted_content === undefined) return undefined;
  return SEAL + toBase64(utf8(JSON.stringify(block)));
}

/** Whether a text looks like one of {@link sealReasoning}. */
export function isSealed(text: string): boolean {
  return text.startsWith(SEAL);
}

/** The block in a sealed text; undefined where the text was changed and is none any more. */
export function unsealReasoning(text: string): ReasoningBlock | undefined {
  try {
    const bytes = fromBase64(text.slice(SEAL.length));
    const block: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isReasoningBlock(block) ? block : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A body with OpenAI's own reasoning as OpenAI gave it, for a call that sends the client's body as
 * it is. Reasoning of another provider stays sealed, which OpenAI refuses. A body without seals is
 * given back itself.
 */
export function withUnsealedInput(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { input } = body;
  if (!Array.isArray(input)) return body;
  const items = input.map(toUnsealed);
  return items.every((item, at) => item === input[at]) ? body : { ...body, input: items };
}

function toUnsealed(item: unknown): unknown {
  const sealed = isRecord(item) && item["type"] === "reasoning" ? item["encrypted_content"] : undefined;
  const block = typeof sealed === "string" && isSealed(sealed) ? unsealReasoning(sealed) : undefined;
  if (block?.type !== "reasoning") return item;
  return { ...block, summary: block.summary.map((text) => ({ type: "summary_text", text })) };
}

function isReasoningBlock(value: unknown): value is ReasoningBlock {
  if (!isRecord(value)) return false;
  const { type, thinking, signature, data, id, summary, encrypted_content } = value;
  if (type === "thinking") return typeof thinking === "string" && typeof signature === "string";
  if (type === "redacted_thinking") return typeof data === "string";
  const hasSummary = Array.isArray(summary) && summary.every((text) => typeof text === "string");
  return type === "reasoning" && typeof id === "string" && hasSummary && typeof encrypted_content === "string";
}
