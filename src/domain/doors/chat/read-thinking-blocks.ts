import type { ReasoningBlock } from "../../completions/message.ts";
import { isRecord } from "../../json-schema/values.ts";
import type { BodyFindings } from "../findings.ts";

/**
 * The reasoning of an earlier answer, as its provider wants it back. OpenAI's format has no place
 * for it; LiteLLM's clients know it by this name, and an answer of ours has it in the same form.
 */
export function readThinkingBlocks(given: unknown, path: string, findings: BodyFindings): ReasoningBlock[] {
  return findings.list(given, path).flatMap((each, at) => {
    const block = isRecord(each) ? blockOf(each) : undefined;
    return block ?? findings.untranslate(`${path}.${at}`, "is no reasoning that a provider takes back") ?? [];
  });
}

function blockOf(given: Record<string, unknown>): ReasoningBlock | undefined {
  const { type, thinking, signature, data, id, summary, encrypted_content } = given;
  if (type === "thinking" && typeof thinking === "string" && typeof signature === "string") {
    return { type, thinking, signature };
  }
  if (type === "redacted_thinking" && typeof data === "string") return { type, data };
  if (type !== "reasoning" || typeof id !== "string" || !isListOfTexts(summary)) return undefined;
  return { type, id, summary, ...(typeof encrypted_content === "string" && { encrypted_content }) };
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
