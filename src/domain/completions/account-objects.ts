import { isRecord } from "../json-schema/values.ts";
import type { CompletionInput } from "./completion.ts";
import { isModelsCall } from "./relayed-media.ts";

/**
 * Fields by which a request names what an account has at its provider: files, stores of them,
 * containers, skills and conversations. Sources: the request types of the openai SDK 7.57.0 and of
 * `@anthropic-ai/sdk` 1.14.0.
 */
const NAMES = [
  "file_id",
  "file_ids",
  "vector_store_id",
  "vector_store_ids",
  "container",
  "container_id",
  "skill_id",
  "conversation",
  "previous_response_id",
];
/** Fields of the caller's own words. */
const WORDS: ReadonlySet<string> = new Set(["metadata", "prompt_variables"]);

/**
 * The field of a request in which it names what an account has; undefined where it names nothing.
 * Whoever calls with the same account could read what others have there.
 */
export function accountObjectPath({
  relay,
  messages,
  parameters,
}: Partial<Pick<CompletionInput, "relay" | "messages" | "parameters">>): string | undefined {
  const { openai, anthropic } = parameters?.provider_options ?? {};
  const sent = relay?.body ?? { messages, "parameters.provider_options": { ...openai, ...anthropic } };
  return Object.keys(sent).find((name) => !WORDS.has(name) && namesObject({ [name]: sent[name] }));
}

function namesObject(value: unknown): boolean {
  // Without recursion, because a body may be as deep as it is long.
  for (const open = [value]; open.length > 0;) {
    const each = open.pop();
    if (Array.isArray(each)) for (const item of each) if (typeof item === "object") open.push(item);
    if (!isRecord(each) || isModelsCall(each)) continue;
    if (NAMES.some((name) => isName(each[name]))) return true;
    for (const member of Object.values(each)) if (typeof member === "object") open.push(member);
  }
  return false;
}

/** An id, or several of them. The schema of a tool describes a field of the same name. */
function isName(value: unknown): boolean {
  return typeof value === "string" || (Array.isArray(value) && value.some((each) => typeof each === "string"));
}
