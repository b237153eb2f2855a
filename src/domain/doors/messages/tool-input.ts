import { parseArguments } from "../../completions/tools.ts";
import { isRecord } from "../../json-schema/values.ts";

/**
 * Where a model's arguments are no JSON object, the input is an object with their text under this
 * name, so that no tool runs with less than the model said. Source: platform.claude.com/docs,
 * fine-grained tool streaming ("Handling invalid JSON in tool responses").
 */
const INVALID = "INVALID_JSON";

/** The arguments of a call as the object that `tool_use` has. */
export function toToolInput(text: string): unknown {
  const input = parseArguments(text);
  // A long number is an object, too.
  return isRecord(input) && /^\s*(?:\{|$)/.test(text) ? input : { [INVALID]: text };
}

/** The input of a `tool_use` as a call's arguments: the text that the model gave. */
export function toArguments(input: unknown): string {
  if (isRecord(input) && Object.keys(input).length === 1) {
    const text = input[INVALID];
    if (typeof text === "string") return text;
  }
  return JSON.stringify(input ?? {});
}
