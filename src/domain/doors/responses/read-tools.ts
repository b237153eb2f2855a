import type { Toolbox } from "../../completions/tools.ts";
import type { BodyFindings } from "../findings.ts";
import { type OpenAIToolForms, readFunction, readOpenAITools } from "../openai-tools.ts";

/** A function and a choice of one are described beside their type. */
const FORMS: OpenAIToolForms = {
  readTool(given, path, findings) {
    // A function that is neither deferred nor asynchronous says so in vain.
    const unsaid = ["defer_loading", "async"].filter((name) => given[name] === false);
    return readFunction(given, path, findings, ["type", ...unsaid]);
  },
  readChosen(given, findings) {
    findings.unread(given, "tool_choice", ["type", "name"]);
    return findings.neededText(given["name"], "tool_choice.name");
  },
};

/** Reads the functions that the model may call, and how. Other tools are OpenAI's own. */
export function readTools(body: Record<string, unknown>, findings: BodyFindings): Toolbox {
  return readOpenAITools(body, findings, FORMS);
}
