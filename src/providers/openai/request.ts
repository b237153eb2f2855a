import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionTool } from "openai/resources/chat/completions";
import { type CompletionRequest, isBuiltIn } from "../../domain/completions/completion.ts";
import { ignoredParameters } from "../../domain/completions/ignored-parameters.ts";
import { openAIOptions } from "../../domain/completions/openai-endpoint.ts";
import type { Tool, ToolChoice } from "../../domain/completions/tools.ts";
import { maxTokensName } from "./max-tokens.ts";
import { toOpenAIMessages } from "./messages.ts";
import { namedSchemaOf } from "./output-format.ts";

/** Parameters that have the same name and values here and there. */
const SAME = [
  "temperature",
  "top_p",
  "seed",
  "frequency_penalty",
  "presence_penalty",
  "reasoning_effort",
  "verbosity",
  "service_tier",
  "prompt_cache_key",
] as const;

/**
 * The body of POST /chat/completions. Omits parameters that the model is known to refuse;
 * `ignoredParameters` warns the author about them. The provider judges all others. `user` becomes
 * `safety_identifier`, the successor of OpenAI's deprecated `user`, which upstreams still know. The
 * prompt's own `provider_options` win over everything but the form of the answer. Throws AppError
 * `validation_error` for content that this API does not take.
 */
export function toOpenAIRequest(request: CompletionRequest): ChatCompletionCreateParamsNonStreaming {
  const { model, messages, user, tools, tool_choice, parallel_tool_calls } = request;
  const { max_tokens, stop } = sentParameters(request);
  const { api: _api, ...own } = openAIOptions(request.parameters);
  const json_schema = namedSchemaOf(request);
  const hasTools = tools !== undefined && tools.length > 0;
  return {
    model,
    messages: toOpenAIMessages(messages),
    ...(max_tokens !== undefined && { [maxTokensName(request.provider, model)]: max_tokens }),
    ...sameParameters(request),
    ...(stop !== undefined && stop.length > 0 && { stop }),
    ...(hasTools && { tools: tools.map(toTool) }),
    ...(hasTools && tool_choice !== undefined && { tool_choice: toToolChoice(tool_choice) }),
    ...(hasTools && parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(json_schema && { response_format: { type: "json_schema", json_schema } }),
    ...(user !== undefined && (isBuiltIn(request.provider) ? { safety_identifier: user } : { user })),
    ...own,
  };
}

/** The parameters that the model is known to take in the API that the request is made through. */
export function sentParameters(request: CompletionRequest): CompletionRequest["parameters"] {
  const { provider, model, parameters, tools } = request;
  const ignored = new Set<string>(ignoredParameters("openai", model, parameters, provider, tools));
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !ignored.has(name)));
}

function sameParameters(request: CompletionRequest): Partial<ChatCompletionCreateParamsNonStreaming> {
  const sent = sentParameters(request);
  return Object.fromEntries(SAME.flatMap((name) => (sent[name] === undefined ? [] : [[name, sent[name]]])));
}

function toTool({ name, description, parameters, strict }: Tool): ChatCompletionTool {
  return {
    type: "function",
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters,
      ...(strict !== undefined && { strict }),
    },
  };
}

function toToolChoice(choice: ToolChoice): ChatCompletionCreateParamsNonStreaming["tool_choice"] {
  return typeof choice === "string" ? choice : { type: "function", function: { name: choice.name } };
}
