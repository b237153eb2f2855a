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
  // A function that is neither deferred nor asynchronous says so in vain.
  const unsaid = ["defer_loading", "async"].filter((name) => given[name] === false);
  return readFunction(given, path, findings, ["type", ...unsaid]);
}

function readToolChoice(given: unknown, findings: BodyFindings): ToolChoice | undefined {
  if (given === "auto" || given === "none" || given === "required") return given;
  if (!isGiven(given)) return undefined;
  if (typeof given === "string") return findings.untranslate("tool_choice");
  if (!isRecord(given)) return findings.fault("tool_choice", "must be a string or an object");
  if (given["type"] !== "function") return findings.untranslate("tool_choice.type");
  findings.unread(given, "tool_choice", ["type", "name"]);
  const name = findings.neededText(given["name"], "tool_choice.name");
  return name === undefined ? undefined : { name };
}
