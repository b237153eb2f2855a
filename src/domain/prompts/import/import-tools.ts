import * as z from "zod";
import { toolChoiceSchema, toolsSchema } from "../../completions/message-schema.ts";
import type { Toolbox } from "../../completions/tools.ts";
import { type Fields, type Findings, isMapping } from "./findings.ts";

/** Reads `tools`, `tool_choice` and `parallel_tool_calls`. Adds faults to `findings`. */
export function importTools(fields: Fields, findings: Findings): Toolbox {
  const tools = read("tools", fromOpenAI(fields.take("tools")), toolsSchema, findings);
  const tool_choice = read("tool_choice", fields.take("tool_choice"), toolChoiceSchema, findings);
  const parallel_tool_calls = read("parallel_tool_calls", fields.take("parallel_tool_calls"), z.boolean(), findings);
  if (typeof tool_choice === "object" && !tools?.some(({ name }) => name === tool_choice.name)) {
    findings.fault("tool_choice.name", `names no tool of the prompt: ${tool_choice.name}`);
  }
  return {
    ...(tools !== undefined && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
  };
}

function read<T>(path: string, value: unknown, schema: z.ZodType<T>, findings: Findings): T | undefined {
  if (value === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) findings.fault([path, ...issue.path].join("."), issue.message);
  return undefined;
}

/** The tools as this format writes them, where they have the form of OpenAI's API. */
function fromOpenAI(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool: unknown) =>
    isMapping(tool) && tool["type"] === "function" && isMapping(tool["function"]) ? tool["function"] : tool,
  );
}
