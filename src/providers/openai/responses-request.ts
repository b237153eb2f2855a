import type { ResponseCreateParamsNonStreaming, Tool as ResponseTool } from "openai/resources/responses/responses";
import { type CompletionRequest, isBuiltIn } from "../../domain/completions/completion.ts";
import { keepsResponse, openAIOptions } from "../../domain/completions/openai-endpoint.ts";
import { mayReason } from "../../domain/completions/ignored-parameters.ts";
import type { Tool, ToolChoice } from "../../domain/completions/tools.ts";
import { isRecord, recordOr } from "../wire.ts";
import { namedSchemaOf } from "./output-format.ts";
import { sentParameters } from "./request.ts";
import { toResponsesInput } from "./responses-input.ts";

type Body = ResponseCreateParamsNonStreaming;

/** Parameters that have the same name and values here and there. */
const SAME = ["temperature", "top_p", "service_tier", "prompt_cache_key"] as const;

/**
 * The body of POST /responses: the same request as that of `toOpenAIRequest`, by the names that
 * this API has. OpenAI keeps nothing of it (`store: false`) unless the request says so. The
 * prompt's own `provider_options` win over everything but the form of the answer; their tools come
 * after the request's, and those that have a name in chat completions only are renamed. Throws
 * AppError `validation_error` for content that this API does not take.
 */
export function toResponsesRequest(request: CompletionRequest): Body {
  const { model, messages, user, tool_choice, parallel_tool_calls } = request;
  const { max_tokens, ...parameters } = sentParameters(request);
  const own = ownOptions(request);
  const tools = [...(request.tools ?? []).map(toTool), ...own.tools];
  const hasTools = tools.length > 0;
  return {
    model,
    input: toResponsesInput(messages),
    store: keepsResponse(request),
    ...(max_tokens !== undefined && { max_output_tokens: max_tokens }),
    ...Object.fromEntries(SAME.flatMap((name) => (parameters[name] === undefined ? [] : [[name, parameters[name]]]))),
    ...(hasTools && { tools }),
    ...(hasTools && tool_choice !== undefined && { tool_choice: toToolChoice(tool_choice) }),
    ...(hasTools && parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(user !== undefined && (isBuiltIn(request.provider) ? { safety_identifier: user } : { user })),
    ...own.rest,
    ...reasoningOf(request, own),
    ...textOf(request, own),
  };
}

/** The prompt's own options, without those that have another name or place in this API. */
function ownOptions({ parameters }: CompletionRequest) {
  const { api: _api, store: _store, ...options } = openAIOptions(parameters);
  const { tools, reasoning_effort, verbosity, reasoning, text, ...rest } = options;
  const given = Array.isArray(tools) ? (tools as unknown[]) : [];
  return { tools: given.map(flatTool), reasoning_effort, verbosity, reasoning, text, rest };
}

type OwnOptions = ReturnType<typeof ownOptions>;

/** A function as chat completions have it, without its envelope; any other tool as it is. */
function flatTool(tool: unknown): ResponseTool {
  const { type, function: described } = recordOr(tool);
  return (type === "function" && isRecord(described) ? { type, strict: false, ...described } : tool) as ResponseTool;
}

/** How much the model thinks, and a summary of it where the caller wants to have it. */
function reasoningOf(request: CompletionRequest, own: OwnOptions): Pick<Body, "reasoning"> {
  const effort = own.reasoning_effort ?? sentParameters(request).reasoning_effort;
  const isTold = request.reasoning === true && effort !== "none" && mayReason(request);
  return unlessEmpty("reasoning", {
    ...(effort !== undefined && { effort }),
    ...(isTold && { summary: "auto" }),
    ...recordOr(own.reasoning),
  });
}

/** The form of the text, and how long it is. */
function textOf(request: CompletionRequest, own: OwnOptions): Pick<Body, "text"> {
  const named = namedSchemaOf(request);
  const verbosity = own.verbosity ?? sentParameters(request).verbosity;
  return unlessEmpty("text", {
    ...(named && { format: { type: "json_schema", ...named } }),
    ...(verbosity !== undefined && { verbosity }),
    ...recordOr(own.text),
  });
}

/** A field with an object, whose values the author may have written; nothing where it is empty. */
function unlessEmpty<Name extends keyof Body>(name: Name, value: Record<string, unknown>): Pick<Body, Name> {
  return (Object.keys(value).length > 0 ? { [name]: value } : {}) as Pick<Body, Name>;
}

/** Here a function is strict unless it says otherwise; in chat completions it is the other way. */
function toTool({ name, description, parameters, strict = false }: Tool): ResponseTool {
  return { type: "function", name, ...(description !== undefined && { description }), parameters, strict };
}

function toToolChoice(choice: ToolChoice): Body["tool_choice"] {
  return typeof choice === "string" ? choice : { type: "function", name: choice.name };
}
