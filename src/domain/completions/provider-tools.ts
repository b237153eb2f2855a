import type { Candidate } from "./candidate.ts";
import type { BuiltInProvider, CompletionParameters } from "./completion.ts";
import { wireOf } from "./upstream.ts";

/**
 * The types of tools that the caller runs, by wire format: one call of the model asks for them, and
 * ends. All other tools run at the provider. A type ends with a date at Anthropic, and a tool
 * without one is a function.
 * Sources: `Tool` in the openai SDK 7.57.0, `ToolUnion` in @anthropic-ai/sdk 1.14.0.
 */
const OF_CALLER: Record<BuiltInProvider, RegExp> = {
  openai: /^(?:function|custom|computer|computer_use_preview|local_shell|apply_patch)$/,
  anthropic: /^(?:custom|(?:bash|text_editor|computer(?:_toolset)?|memory)_\d{8})$/,
};

/** Options by which the provider runs tools without a tool of the request. */
const RUNS_TOOLS: Record<BuiltInProvider, readonly string[]> = {
  openai: ["web_search_options", "prompt"],
  anthropic: ["mcp_servers"],
};

/**
 * Whether a request lets the candidate's provider run tools of its own. Nobody knows how often it
 * will: each use may be billed, and has the model read its prompt again.
 */
export function hasProviderTools(candidate: Candidate, { provider_options }: CompletionParameters): boolean {
  const wire = wireOf(candidate);
  if (wire === undefined) return false;
  const options = provider_options?.[wire] ?? {};
  const tools = Array.isArray(options["tools"]) ? (options["tools"] as unknown[]) : [];
  return (
    tools.some((tool) => !OF_CALLER[wire].test(typeOf(tool))) ||
    RUNS_TOOLS[wire].some((name) => options[name] !== undefined && options[name] !== null)
  );
}

function typeOf(tool: unknown): string {
  const type = typeof tool === "object" && tool !== null && "type" in tool ? tool.type : undefined;
  return typeof type === "string" ? type : "custom";
}
