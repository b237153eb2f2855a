import type { Toolbox } from "../../completions/tools.ts";
import { isRecord } from "../../json-schema/values.ts";
import type { BodyFindings } from "../findings.ts";
import { type OpenAIToolForms, readFunction, readOpenAITools } from "../openai-tools.ts";

/** A function and a choice of one stand in a member of their own. */
const FORMS: OpenAIToolForms = {
  readTool(given, path, findings) {
    findings.unread(given, path, ["type", "function"]);
    const { function: described } = given;
    if (!isRecord(described)) return findings.fault(`${path}.function`, "must be an object");
    return readFunction(described, `${path}.function`, findings);
  },
  readChosen(given, findings) {
    findings.unread(given, "tool_choice", ["type", "function"]);
    const { function: named } = given;
    if (!isRecord(named)) return findings.fault("tool_choice.function", "must be an object");
    return findings.neededText(named["name"], "tool_choice.function.name");
  },
};

/** Reads the functions that the model may call, and how. Other tools are OpenAI's own. */
export function readTools(body: Record<string, unknown>, findings: BodyFindings): Toolbox {
  return readOpenAITools(body, findings, FORMS);
}
