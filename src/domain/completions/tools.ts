import { parseExact } from "../../lib/ordered-json.ts";
import type { JsonSchema } from "../json-schema/schema.ts";
import type { CacheControl } from "./prompt-cache.ts";

/** A function that the model may ask to have called. `parameters` describes its arguments. */
export interface Tool {
  name: string;
  description?: string;
  parameters: JsonSchema;
  /** Whether the provider makes sure that the arguments fit the schema. */
  strict?: boolean;
  /** Anthropic alone may be told to keep its prompt up to a tool. */
  cache_control?: CacheControl;
}

/** Whether the model may, must or must not ask for calls, or which one it must ask for. */
export type ToolChoice = "auto" | "none" | "required" | { name: string };

/** A call that the model asks for. `arguments` is the model's text, which may be no JSON. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
  /** In a message that is sent: Anthropic alone may be told to keep its prompt up to a call. */
  cache_control?: CacheControl;
}

/** The tools of a request, and how they may be used. */
export interface Toolbox {
  tools?: Tool[];
  tool_choice?: ToolChoice;
  parallel_tool_calls?: boolean;
}

/** The arguments as JSON with all of their digits, or the raw text where it is none. */
export function parseArguments(text: string): unknown {
  if (text === "") return {};
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
