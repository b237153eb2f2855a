import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import { hashText } from "../harness/random.ts";
import { isObject } from "./json.ts";
import { valueForSchema } from "./schema-value.ts";
import type { MockToolCall } from "./tool-call.ts";

/** A function that a request offers. */
interface OfferedTool {
  name: string;
  schema: JsonSchema;
}

/**
 * A call of each function that a request offers or of the one that it demands, with arguments of
 * its schema. None where the request brings a result, so that a conversation ends.
 */
export function callsOfOffered(body: unknown): MockToolCall[] {
  if (!isObject(body) || endsInResult(body["messages"] ?? body["input"])) return [];
  const { tools, tool_choice: choice } = body;
  const offered = Array.isArray(tools) ? tools.flatMap(readTool) : [];
  const wanted = isObject(choice)
    ? (choice["name"] ?? (isObject(choice["function"]) && choice["function"]["name"]))
    : null;
  return offered
    .filter(({ name }) => typeof wanted !== "string" || name === wanted)
    .map(({ name, schema }) => {
      const value: unknown = valueForSchema(schema, hashText(name));
      return { name, arguments: isObject(value) ? value : {} };
    });
}

/** A function in the format of Chat Completions, of Responses or of Messages. */
function readTool(tool: unknown): OfferedTool[] {
  if (!isObject(tool)) return [];
  const { name, parameters, input_schema } = isObject(tool["function"]) ? tool["function"] : tool;
  const schema = input_schema ?? parameters ?? {};
  return typeof name === "string" && isObject(schema) ? [{ name, schema }] : [];
}

function endsInResult(messages: unknown): boolean {
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  if (!isObject(last)) return false;
  const { role, type, content } = last;
  const parts: unknown[] = Array.isArray(content) ? content : [];
  return (
    role === "tool" ||
    type === "function_call_output" ||
    parts.some((part) => isObject(part) && part["type"] === "tool_result")
  );
}
