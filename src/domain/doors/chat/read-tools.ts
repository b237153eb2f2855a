import type { Tool, Toolbox, ToolChoice } from "../../completions/tools.ts";
import { isRecord } from "../../json-schema/values.ts";
import { type BodyFindings, isGiven } from "../findings.ts";
import { readFunction } from "../read-function.ts";

/** Reads the functions that the model may call, and how. Other tools are OpenAI's own. */
export function readTools(body: Record<string, unknown>, findings: BodyFindings): Toolbox {
  const tools = findings
    .list(body["tools"], "tools")
    .flatMap((tool, at) => readTool(tool, `tools.${at}`, findings) ?? []);
  const tool_choice = readToolChoice(body["tool_choice"], findings);
  const parallel_tool_calls = findings.flag(body["parallel_tool_calls"], "parallel_tool_calls");
  return {
    ...(tools.length > 0 && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
  };
}

function readTool(given: unknown, path: string, findings: BodyFindings): Tool | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const type = findings.neededText(given["type"], `${path}.type`);
  if (type === undefined) return undefined;
  if (type !== "function") return findings.unknownType(path, type);
  findings.unread(given, path, ["type", "function"]);
  const { function: described } = given;
  if (!isRecord(described)) return findings.fault(`${path}.function`, "must be an object");
  return readFunction(described, `${path}.function`, findings);
}

function readToolChoice(given: unknown, findings: BodyFindings): ToolChoice | undefined {
  if (given === "auto" || given === "none" || given === "required") return given;
  if (!isGiven(given)) return undefined;
  if (typeof given === "string") return findings.untranslate("tool_choice");
  if (!isRecord(given)) return findings.fault("tool_choice", "must be a string or an object");
  const { type, function: named } = given;
  if (type !== "function") return findings.untranslate("tool_choice.type");
  findings.unread(given, "tool_choice", ["type", "function"]);
  if (!isRecord(named)) return findings.fault("tool_choice.function", "must be an object");
  const name = findings.neededText(named["name"], "tool_choice.function.name");
  return name === undefined ? undefined : { name };
}
