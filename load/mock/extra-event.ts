import { isObject } from "./json.ts";

/** An event that no provider sends today. */
export interface ExtraEvent {
  /** The event's name; absent as in OpenAI's chat completions. */
  event?: string;
  data: Record<string, unknown>;
}

/** Whether a profile's value is a list of events. */
export function areExtraEvents(value: unknown): value is ExtraEvent[] {
  return (
    Array.isArray(value) &&
    value.every((each: unknown) => isObject(each) && isObject(each["data"]) && isName(each["event"]))
  );
}

function isName(value: unknown): boolean {
  return value === undefined || (typeof value === "string" && /^[\w.]+$/.test(value));
}
