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

/**
 * Options by which the provider runs tools without a tool of the request. `plugins` are those of
 * OpenRouter (openrouter.ai/docs, "Web Search").
 */
const RUNS_TOOLS: Record<BuiltInProvider, readonly string[]> = {
  openai: ["web_search_options", "prompt", "plugins"],
  anthropic: ["mcp_servers"],
};

/** Models that always search: those of OpenAI, and any model with this suffix at OpenRouter. */
const SEARCHES = /-search-(?:preview|api)(?:-|$)|:online$/;

/**
 * Whether a request lets the candidate's provider run tools of its own. Nobody knows how often it
 * will: each use may be billed, and has the model read its prompt again.
 */
export function hasProviderTools(candidate: Candidate, { provider_options }: CompletionParameters): boolean {
  const wire = wireOf(candidate);
  if (wire === undefined) return false;
  const options = provider_options?.[wire] ?? {};
  return (
    toolsIn(options).some((tool) => !OF_CALLER[wire].test(typeOf(tool))) ||
    RUNS_TOOLS[wire].some((name) => isGiven(options[name])) ||
    SEARCHES.test(candidate.model)
  );
}

/**
 * The most tokens by which a provider describes a tool of its own to the model, and a set of tools.
 * Anthropic states 245 for bash, 700 for the text editor, 735 and up to 499 for the computer, none
 * for the others and for sets, of which the largest has about twenty tools
 * (platform.claude.com/docs/en/about-claude/pricing, "Tool use pricing").
 */
const TOKENS_OF_TOOL = 1_500;
const TOKENS_OF_TOOLSET = 20 * TOKENS_OF_TOOL;

/** The most tokens of the provider's own descriptions of the tools that a request names by type. */
export function tokensOfTypedTools({ provider_options = {} }: CompletionParameters): number {
  const types = Object.values(provider_options).flatMap((options) => toolsIn(options).map(typeOf));
  const typed = types.filter((type) => type !== "function" && type !== "custom");
  return typed.reduce((sum, type) => sum + (type.includes("toolset") ? TOKENS_OF_TOOLSET : TOKENS_OF_TOOL), 0);
}

function toolsIn({ tools }: Record<string, unknown>): unknown[] {
  return Array.isArray(tools) ? (tools as unknown[]) : [];
}

function isGiven(option: unknown): boolean {
  return option !== undefined && option !== null && !(Array.isArray(option) && option.length === 0);
}

function typeOf(tool: unknown): string {
  const type = typeof tool === "object" && tool !== null && "type" in tool ? tool.type : undefined;
  return typeof type === "string" ? type : "custom";
}
