import { isObject } from "./json.ts";

/** A call that the mock's model asks for. */
export interface MockToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** Whether a profile's value is a list of calls. */
export function areToolCalls(value: unknown): value is MockToolCall[] {
  return (
    Array.isArray(value) &&
    value.every((call: unknown) => isObject(call) && typeof call["name"] === "string" && isObject(call["arguments"]))
  );
}
