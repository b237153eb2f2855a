import type { PromptDefinition } from "../prompts/prompt.ts";
import type { PromptMessages } from "./prompt-texts.ts";

/**
 * The file of a draft, as JSON: the version's definition with other messages. It says which version
 * it was made of and by which optimisation, so that no other file is the same. What the version
 * included of other prompts stands in its messages.
 */
export function draftSource(
  name: string,
  { source_version, includes: _pins, metadata, ...definition }: PromptDefinition,
  messages: PromptMessages,
  made: { optimized_from: number; optimization: string },
): string {
  const version = source_version === undefined ? {} : { version: source_version };
  return JSON.stringify({ name, ...version, ...definition, messages, metadata: { ...metadata, ...made } });
}
