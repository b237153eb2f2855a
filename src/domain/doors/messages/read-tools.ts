import type { Tool, Toolbox, ToolChoice } from "../../completions/tools.ts";
import { FLAG, isGiven, LIST, type BodyFindings, OBJECT, TEXT } from "../findings.ts";
import { readCacheControl } from "./read-cache-control.ts";

/** The tools of a request, and how they may be used. */
export function readTools({ tools, tool_choice }: Record<string, unknown>, findings: BodyFindings): Toolbox {
  const given = findings.optional(tools, "tools", LIST) ?? [];
  const read = given.flatMap((tool, index) => readTool(tool, `tools.${index}`, findings) ?? []);
  return { ...(read.length > 0 && { tools: read }), ...readToolChoice(tool_choice, findings) };
}

/**
 * A tool of the caller's own, whose type may be absent. Anthropic's own tools have a type with a
 * date. How its input is streamed (`eager_input_streaming`) changes nothing of it.
 */
function readTool(given: unknown, path: string, findings: BodyFindings): Tool | undefined {
  const tool = findings.needed(given, path, OBJECT);
  if (!tool) return undefined;
  const type = findings.optional(tool["type"], `${path}.type`, TEXT) ?? "custom";
  if (type !== "custom") return findings.untranslate(`${path}.type`);
  for (const name of Object.keys(tool)) {
    if (!READ.has(name) && !saysNothing(name, tool[name])) findings.untranslate(`${path}.${name}`);
  }
  const name = findings.needed(tool["name"], `${path}.name`, TEXT);
  const description = findings.optional(tool["description"], `${path}.description`, TEXT);
  const parameters = findings.needed(tool["input_schema"], `${path}.input_schema`, OBJECT);
  const strict = findings.optional(tool["strict"], `${path}.strict`, FLAG);
  if (name === undefined || parameters === undefined) return undefined;
  return {
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
    ...readCacheControl(tool, path, findings),
  };
}

const READ: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
  "eager_input_streaming",
]);

/** Whether a field of Anthropic's alone has the value that it has anyway. */
function saysNothing(name: string, value: unknown): boolean {
  if (name === "defer_loading" && value === false) return true;
  if (Array.isArray(value)) return value.length === 0 || (name === "allowed_callers" && value.join() === "direct");
  return !isGiven(value);
}

function readToolChoice(given: unknown, findings: BodyFindings): Omit<Toolbox, "tools"> {
  const choice = findings.optional(given, "tool_choice", OBJECT);
  if (!choice) return {};
  findings.unread(choice, "tool_choice", ["type", "name", "disable_parallel_tool_use"]);
  const single = findings.optional(choice["disable_parallel_tool_use"], "tool_choice.disable_parallel_tool_use", FLAG);
  const tool_choice = toChoice(choice, findings);
  return { ...(tool_choice !== undefined && { tool_choice }), ...(single === true && { parallel_tool_calls: false }) };
}

function toChoice({ type, name }: Record<string, unknown>, findings: BodyFindings): ToolChoice | undefined {
  switch (type) {
    case "auto":
    case "none":
      return type;
    case "any":
      return "required";
    case "tool": {
      const named = findings.needed(name, "tool_choice.name", TEXT);
      return named === undefined ? undefined : { name: named };
    }
    default: {
      const path = "tool_choice.type";
      return isGiven(type) ? findings.untranslate(path) : findings.fault(path, "is missing");
    }
  }
}
