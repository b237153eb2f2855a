import type { Tool, Toolbox, ToolChoice } from "../completions/tools.ts";
import { isRecord } from "../json-schema/values.ts";
import { type BodyFindings, isGiven } from "./findings.ts";

/** Where the two APIs differ: what a function and a choice of one look like. */
export interface OpenAIToolForms {
  readTool(given: Record<string, unknown>, path: string, findings: BodyFindings): Tool | undefined;
  /** The name of the function that must be called. */
  readChosen(given: Record<string, unknown>, findings: BodyFindings): string | undefined;
}

/** Reads the functions that the model may call, and how. Other tools are OpenAI's own. */
export function readOpenAITools(
  body: Record<string, unknown>,
  findings: BodyFindings,
  forms: OpenAIToolForms,
): Toolbox {
  const tools = findings
    .list(body["tools"], "tools")
    .flatMap((tool, at) => readTool(tool, `tools.${at}`, findings, forms) ?? []);
  const tool_choice = readToolChoice(body["tool_choice"], findings, forms);
  const parallel_tool_calls = findings.flag(body["parallel_tool_calls"], "parallel_tool_calls");
  return {
    ...(tools.length > 0 && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
  };
}

function readTool(given: unknown, path: string, findings: BodyFindings, forms: OpenAIToolForms): Tool | undefined {
  if (!isRecord(given)) return findings.fault(path, "must be an object");
  const type = findings.neededText(given["type"], `${path}.type`);
  if (type === undefined) return undefined;
  if (type !== "function") return findings.unknownType(path, type);
  return forms.readTool(given, path, findings);
}

function readToolChoice(given: unknown, findings: BodyFindings, forms: OpenAIToolForms): ToolChoice | undefined {
  if (given === "auto" || given === "none" || given === "required") return given;
  if (!isGiven(given)) return undefined;
  if (typeof given === "string") return findings.untranslate("tool_choice");
  if (!isRecord(given)) return findings.fault("tool_choice", "must be a string or an object");
  if (given["type"] !== "function") return findings.untranslate("tool_choice.type");
  const name = forms.readChosen(given, findings);
  return name === undefined ? undefined : { name };
}

/**
 * A function as both of OpenAI's APIs describe it. `alsoRead` are members that the caller has read.
 */
export function readFunction(
  given: Record<string, unknown>,
  path: string,
  findings: BodyFindings,
  alsoRead: readonly string[] = [],
): Tool | undefined {
  findings.unread(given, path, ["name", "description", "parameters", "strict", ...alsoRead]);
  const name = findings.neededText(given["name"], `${path}.name`);
  const description = findings.text(given["description"], `${path}.description`);
  const strict = findings.flag(given["strict"], `${path}.strict`);
  const parameters = given["parameters"] ?? { type: "object", properties: {} };
  if (!isRecord(parameters)) return findings.fault(`${path}.parameters`, "must be an object");
  if (name === undefined) return undefined;
  return {
    name,
    ...(description !== undefined && { description }),
    parameters,
    ...(strict !== undefined && { strict }),
  };
}
