import type { ReasoningBlock } from "../../completions/message.ts";

/**
 * OpenAI's reasoning in the place of a signature, so that a client of Anthropic's sends it back:
 * `openai:<id>:<encrypted content>`. Anthropic's signatures are base64, which has no colon.
 */
const FORM = /^openai:([^:]+):(.+)$/s;

type ThinkingBlock = Extract<ReasoningBlock, { type: "thinking" }>;
type OpenAIBlock = Extract<ReasoningBlock, { type: "reasoning" }>;

/** The signature of OpenAI's reasoning; empty where it cannot be sent back. */
export function openAISignature({ id, encrypted_content }: OpenAIBlock): string {
  return encrypted_content === undefined ? "" : `openai:${id}:${encrypted_content}`;
}

/** A block of thinking as its provider gave it: Anthropic's, or OpenAI's reasoning. */
export function signedReasoning({ thinking, signature }: Omit<ThinkingBlock, "type">): ReasoningBlock {
  const [, id, encrypted_content] = FORM.exec(signature) ?? [];
  if (id === undefined || encrypted_content === undefined) return { type: "thinking", thinking, signature };
  return { type: "reasoning", id, summary: thinking === "" ? [] : [thinking], encrypted_content };
}
