import { type CompletionParameters, type CompletionRequest, isBuiltIn } from "./completion.ts";

/** OpenAI's two APIs for a completion, by their paths below `/v1`. */
export const OPENAI_ENDPOINTS = ["chat/completions", "responses"] as const;
/** One of {@link OPENAI_ENDPOINTS}. */
export type OpenAIEndpoint = (typeof OPENAI_ENDPOINTS)[number];

/** What of a request the choice depends on. `tools` are functions. */
export type EndpointQuestion = Pick<CompletionRequest, "provider" | "model" | "parameters" | "tools">;

/** Models that need Responses: for every request, or for tools together with an effort. */
interface ModelRule {
  models: RegExp;
  /**
   * `always`: the model is on Responses only. `effort`: it refuses tools beside a
   * `reasoning_effort` other than `none`. `default_effort`: without an effort, too, because it
   * reasons by default.
   */
  needs: "always" | "effort" | "default_effort";
  source: string;
}

const REFUSAL =
  'The 400 "Function tools with reasoning_effort are not supported for … in /v1/chat/completions", as quoted in ' +
  "openai-openapi#541 (gpt-5.4, 2026-05), livekit/agents#5088 (gpt-5.2, 2026-03), joplin#16451 " +
  "(gpt-5.6-luna without an effort, 2026-09) and sub2api#6740 (gpt-6-astra, 2026-09)";
const SDK_TYPES = "`AllModels` beside `ChatModel` in the openai SDK 7.57.0 (2026-11), and the models' own pages";

/** Read on 2026-11-26. A model that is in none of them is called through chat completions. */
export const RESPONSES_MODELS: readonly ModelRule[] = [
  { models: /^(?:o\d|gpt-[\w.-]+)-pro(?:-\d{4}-\d{2}-\d{2})?$/, needs: "always", source: SDK_TYPES },
  { models: /^(?:gpt-[\d.]+-)?codex(?:-|$)/, needs: "always", source: SDK_TYPES },
  { models: /^o\d(?:-mini)?-deep-research(?:-|$)/, needs: "always", source: SDK_TYPES },
  { models: /^computer-use-preview/, needs: "always", source: SDK_TYPES },
  { models: /^gpt-(?:daybreak-|rosalind-|.*-(?:cyber|rosalind)$)/, needs: "always", source: SDK_TYPES },
  { models: /^gpt-5\.[234](?:-(?!chat)|$)/, needs: "effort", source: REFUSAL },
  { models: /^gpt-(?:5\.(?:[5-9]|\d\d)|[6-9]|[12]\d)(?!\d)(?!.*-chat)/, needs: "default_effort", source: REFUSAL },
];

/**
 * Fields of `provider_options.openai` that only Responses has. A test compares the list with the
 * SDK's types.
 */
export const RESPONSES_FIELDS = [
  "access_programs",
  "context_management",
  "conversation",
  "image",
  "include",
  "instructions",
  "max_tool_calls",
  "previous_response_id",
  "prompt",
  "reasoning",
  "text",
  "truncation",
] as const;

/** Types of tools that chat completions have. Every other one is built into Responses. */
const CHAT_TOOLS: ReadonlySet<unknown> = new Set(["function", "custom"]);

/**
 * The API that a request to OpenAI, or to what speaks its wire format, is made through: Responses
 * where the model or what is asked of it needs that, and chat completions for everything else.
 * Upstreams of tenants have chat completions, unless the request says `responses`. The option
 * `api` decides for both.
 */
export function endpointOf({ provider, model, parameters, tools = [] }: EndpointQuestion): OpenAIEndpoint {
  const options = openAIOptions(parameters);
  const wanted = OPENAI_ENDPOINTS.find((endpoint) => endpoint === options["api"]);
  if (wanted) return wanted;
  if (!isBuiltIn(provider)) return "chat/completions";
  const given = Array.isArray(options["tools"]) ? (options["tools"] as unknown[]) : [];
  const hasFields = RESPONSES_FIELDS.some((name) => isGiven(options[name]));
  const hasBuiltIn = given.some((tool) => !CHAT_TOOLS.has(typeOf(tool)));
  const hasTools = tools.length + given.length > 0;
  return hasFields || hasBuiltIn || needsResponses(model, hasTools, effortOf(parameters))
    ? "responses"
    : "chat/completions";
}

/** The provider options that go to whatever speaks OpenAI's wire format. */
export function openAIOptions({ provider_options }: CompletionParameters): Record<string, unknown> {
  return provider_options?.openai ?? {};
}

/**
 * Whether OpenAI keeps the response of a request for later ones: where the request says so, and in
 * a conversation that OpenAI keeps anyway.
 */
export function keepsResponse(request: EndpointQuestion): boolean {
  if (endpointOf(request) !== "responses") return false;
  const { store, previous_response_id, conversation } = openAIOptions(request.parameters);
  return typeof store === "boolean" ? store : isGiven(previous_response_id) || isGiven(conversation);
}

function needsResponses(model: string, hasTools: boolean, effort: unknown): boolean {
  const id = model.toLowerCase();
  return RESPONSES_MODELS.some(({ models, needs }) => {
    if (!models.test(id)) return false;
    if (needs === "always") return true;
    return hasTools && effort !== "none" && (needs === "default_effort" || isGiven(effort));
  });
}

function effortOf(parameters: CompletionParameters): unknown {
  return openAIOptions(parameters)["reasoning_effort"] ?? parameters.reasoning_effort;
}

function typeOf(tool: unknown): unknown {
  return typeof tool === "object" && tool !== null && "type" in tool ? tool.type : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
