import { isObject } from "./json.ts";
import type { PlainMessage } from "./plain-message.ts";
import { CallRefused, textOf } from "./wire.ts";

type Item = Record<string, unknown>;

/**
 * How the names of fields begin that OpenAI does not have yet: they are taken, and not looked at.
 */
export const FUTURE = "x_";

/** The fields of a part, by its type; a name with a `?` may be left out. */
const PARTS: Record<string, readonly string[]> = {
  input_text: ["text", "prompt_cache_breakpoint?"],
  input_image: ["detail?", "image_url?", "file_id?", "prompt_cache_breakpoint?"],
  input_file: ["detail?", "file_data?", "file_id?", "file_url?", "filename?", "prompt_cache_breakpoint?"],
  output_text: ["text", "annotations?", "logprobs?"],
  refusal: ["refusal"],
};
/** The fields of an item, by its type. Items of other types are taken as they are. */
const ITEMS: Record<string, readonly string[]> = {
  message: ["role", "content", "id?", "status?", "phase?"],
  function_call: ["call_id", "name", "arguments", "id?", "status?", "namespace?", "caller?", "async?"],
  function_call_output: ["call_id", "output", "id?", "status?", "name?", "namespace?", "caller?"],
};
const OTHER_ITEMS =
  /^(?:reasoning|item_reference|compaction|(?:[a-z_]+)_call(?:_output)?|mcp_[a-z_]+|configuration_update)$/;
const ROLES = ["user", "assistant", "system", "developer"];
const OF_ASSISTANT = ["output_text", "refusal"];

/**
 * Reads the input of POST /v1/responses. Without an earlier response, each call of a function needs
 * its output and each output its call. Throws CallRefused.
 */
export function readInput(input: unknown, isContinued: boolean): PlainMessage[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input) || (input.length === 0 && !isContinued)) {
    refuse("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  }
  const items = input.map((item: unknown, index) => readItem(item, `input[${index}]`));
  checkCalls(items, isContinued);
  return items.flatMap(toMessage);
}

function readItem(item: unknown, param: string): Item {
  if (!isObject(item)) refuse(`Invalid type for '${param}': expected an object.`, param, "invalid_type");
  const { type = "message" } = item;
  const fields = typeof type === "string" ? ITEMS[type] : undefined;
  if (fields) checkFields(item, fields, param);
  else if (!OTHER_ITEMS.test(String(type))) {
    refuse(`Invalid value: '${String(type)}'.`, `${param}.type`, "invalid_value");
  }
  if (type === "message") checkMessage(item, param);
  if (type === "function_call_output" && Array.isArray(item["output"]))
    checkParts(item["output"], "user", `${param}.output`);
  return { ...item, type };
}

function checkMessage({ role, content }: Item, param: string): void {
  if (!ROLES.includes(String(role))) refuse(`Invalid value: '${String(role)}'.`, `${param}.role`, "invalid_value");
  if (typeof content === "string") return;
  if (!Array.isArray(content)) refuse(`Invalid type for '${param}.content'.`, `${param}.content`, "invalid_type");
  checkParts(content, String(role), `${param}.content`);
}

function checkParts(parts: readonly unknown[], role: string, param: string): void {
  for (const [index, part] of parts.entries()) {
    const at = `${param}[${index}]`;
    const type = isObject(part) ? String(part["type"]) : "";
    const fields = OF_ASSISTANT.includes(type) === (role === "assistant") ? PARTS[type] : undefined;
    if (!isObject(part) || !fields) refuse(`Invalid value: '${type}'.`, `${at}.type`, "invalid_value");
    checkFields(part, fields, at);
  }
}

function checkFields(given: Item, fields: readonly string[], param: string): void {
  const known = new Set(["type", ...fields.map((field) => field.replace("?", ""))]);
  const unknown = Object.keys(given).find((field) => !known.has(field) && !field.startsWith(FUTURE));
  if (unknown !== undefined)
    refuse(`Unknown parameter: '${param}.${unknown}'.`, `${param}.${unknown}`, "unknown_parameter");
  const missing = fields.find((field) => !field.endsWith("?") && given[field] === undefined);
  if (missing === undefined) return;
  refuse(`Missing required parameter: '${param}.${missing}'.`, `${param}.${missing}`, "missing_required_parameter");
}

function checkCalls(items: readonly Item[], isContinued: boolean): void {
  const idsOf = (type: string) => items.filter((item) => item["type"] === type).map((item) => String(item["call_id"]));
  const [calls, outputs] = [idsOf("function_call"), idsOf("function_call_output")];
  const open = calls.find((id) => !outputs.includes(id));
  if (open !== undefined) refuse(`No tool output found for function call ${open}.`, "input");
  const stray = outputs.find((id) => !calls.includes(id));
  if (stray !== undefined && !isContinued)
    refuse(`No tool call found for function call output with call_id ${stray}.`, "input");
}

function toMessage({ type, role, content, output }: Item): PlainMessage[] {
  if (type === "function_call_output") return [{ role: "system", content: textOf(output) }];
  if (type !== "message") return [];
  return [{ role: role === "assistant" || role === "user" ? role : "system", content: textOf(content) }];
}

function refuse(message: string, param?: string, code?: string): never {
  throw new CallRefused({ status: 400, message, param, code });
}
