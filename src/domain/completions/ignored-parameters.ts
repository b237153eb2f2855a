import { type BuiltInProvider, type CompletionParameters, isBuiltIn, type ProviderName } from "./completion.ts";
import { endpointOf } from "./openai-endpoint.ts";
import type { Tool } from "./tools.ts";

/**
 * OpenAI models that refuse `temperature`, `top_p` and `stop` because they reason by default: the
 * o-series, gpt-5 itself, pro and codex, and everything from gpt-5.5 on. gpt-5.1, 5.2 and 5.4
 * reason only on request, and accept both. Source:
 * developers.openai.com/api/docs/guides/latest-model ("When reasoning effort is not none, remove
 * temperature, top_p").
 */
const OPENAI_WITHOUT_SAMPLING =
  /^(?:o\d|gpt-5(?:$|-(?!chat))|gpt-5\.\d+-(?:codex|pro)|gpt-5\.(?:[5-9]|\d\d)|gpt-(?:[6-9]|[12]\d)(?!\d))/;

/**
 * Anthropic models that accept sampling parameters. They do so only under API version 2023-06-01:
 * version 2026-10-21 answers 400 for every model. Models from Opus 4.7 on refuse them under both
 * versions. Source: platform.claude.com/docs/en/api/versioning, and the models' migration guides.
 */
const ANTHROPIC_WITH_SAMPLING = /^claude-(?:opus|sonnet|haiku)-4-[56](?:-\d{8})?$/;

/** OpenAI models that take `reasoning_effort`: those that reason. */
const OPENAI_WITH_EFFORT = /^(?:o\d|gpt-5(?!-chat)|gpt-(?:[6-9]|[12]\d)(?!\d))/;
/** OpenAI models that take `verbosity`: gpt-5 and later. */
const OPENAI_WITH_VERBOSITY = /^gpt-(?:5|[6-9]|[12]\d)(?!\d)/;
/**
 * Anthropic models from before `output_config.effort`.
 * Source: platform.claude.com/docs/en/build-with-claude/effort.
 */
const ANTHROPIC_WITHOUT_EFFORT = /^claude-(?:3|(?:sonnet|opus|haiku)-4(?:$|-[01]|-\d{8})|(?:sonnet|haiku)-4-5)/;

/** The values of `service_tier` that each provider knows. */
const SERVICE_TIERS: Record<BuiltInProvider, ReadonlySet<string>> = {
  openai: new Set(["auto", "default", "flex", "scale", "priority"]),
  anthropic: new Set(["auto", "standard_only"]),
};

/** The parameters that only the other provider has. */
const FOREIGN: Record<BuiltInProvider, readonly ParameterName[]> = {
  openai: ["top_k", "thinking"],
  anthropic: ["seed", "frequency_penalty", "presence_penalty", "verbosity", "prompt_cache_key"],
};

/**
 * The parameters of chat completions that OpenAI's Responses does not have.
 * Source: `ResponseCreateParamsBase` in the openai SDK 7.57.0.
 */
const NOT_IN_RESPONSES: readonly ParameterName[] = ["stop", "seed", "frequency_penalty", "presence_penalty"];

type ParameterName = keyof CompletionParameters;

/**
 * The names of the given parameters that the model is known to refuse. They are not sent, and the
 * author and the caller must be warned of it. OpenAI's reasoning models refuse `stop` and
 * penalties, too. Anthropic's models accept `temperature` or `top_p`, but not both; `temperature`
 * is kept. `wire` is the format that the provider speaks. Of an upstream's models nothing is known,
 * so they are sent whatever that format has. `tools` are those of the request, which OpenAI's API
 * depends on.
 */
export function ignoredParameters(
  wire: BuiltInProvider,
  model: string,
  parameters: CompletionParameters,
  provider: ProviderName = wire,
  tools: Tool[] = [],
): ParameterName[] {
  const refused = provider === wire ? refusedByModel(wire, model, parameters) : [];
  const isResponses = wire === "openai" && endpointOf({ provider, model, parameters, tools }) === "responses";
  const ofEndpoint = isResponses ? NOT_IN_RESPONSES : [];
  return [...new Set([...refused, ...FOREIGN[wire], ...ofEndpoint])].filter(
    (name) => parameters[name] !== undefined && (name !== "stop" || parameters.stop?.length !== 0),
  );
}

/** Whether a model of OpenAI's, or of an upstream that speaks its wire format, may reason. */
export function mayReason({ provider, model }: { provider: ProviderName; model: string }): boolean {
  return !isBuiltIn(provider) || OPENAI_WITH_EFFORT.test(model);
}

function refusedByModel(
  provider: BuiltInProvider,
  model: string,
  parameters: CompletionParameters,
): readonly ParameterName[] {
  const refused = provider === "openai" ? refusedByOpenAI(model) : refusedByAnthropic(model, parameters);
  const { service_tier } = parameters;
  const hasUnknownTier = service_tier !== undefined && !SERVICE_TIERS[provider].has(service_tier);
  return hasUnknownTier ? [...refused, "service_tier"] : refused;
}

function refusedByOpenAI(model: string): ParameterName[] {
  return [
    ...(OPENAI_WITHOUT_SAMPLING.test(model)
      ? (["temperature", "top_p", "stop", "frequency_penalty", "presence_penalty"] as const)
      : []),
    ...(OPENAI_WITH_EFFORT.test(model) ? [] : (["reasoning_effort"] as const)),
    ...(OPENAI_WITH_VERBOSITY.test(model) ? [] : (["verbosity"] as const)),
  ];
}

function refusedByAnthropic(model: string, parameters: CompletionParameters): ParameterName[] {
  return [
    ...(ANTHROPIC_WITH_SAMPLING.test(model)
      ? samplingRefusedByAnthropic(parameters)
      : (["temperature", "top_p", "top_k"] as const)),
    ...(ANTHROPIC_WITHOUT_EFFORT.test(model) ? (["reasoning_effort"] as const) : []),
  ];
}

/**
 * A model that thinks takes no temperature and no `top_k`. Source:
 * platform.claude.com/docs/en/build-with-claude/extended-thinking ("Feature compatibility").
 */
function samplingRefusedByAnthropic({ temperature, thinking }: CompletionParameters): ParameterName[] {
  const thinks = typeof thinking === "number" || (thinking !== undefined && thinking.type !== "disabled");
  if (thinks) return ["temperature", "top_k"];
  return temperature === undefined ? [] : ["top_p"];
}
