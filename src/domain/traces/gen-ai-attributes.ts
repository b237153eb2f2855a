import type { Attempt } from "../completions/attempt.ts";
import type { CompletionInput, Usage } from "../completions/completion.ts";
import type { Candidate } from "../completions/candidate.ts";
import type { Execution } from "../executions/execution.ts";
import { type Attributes, fraction } from "./span.ts";

/**
 * The names are those of OpenTelemetry's conventions for generative AI, version 0.1.0
 * (github.com/open-telemetry/semantic-conventions-genai).
 */

/** What kind of call a request makes. */
export function operationOf(input: CompletionInput | undefined): "chat" | "embeddings" {
  return input?.relay?.door === "embeddings" ? "embeddings" : "chat";
}

/** Whom a request asks, and with which parameters. */
export function requestAttributes(input: CompletionInput | undefined, { provider, model }: Candidate): Attributes {
  const { parameters = {}, output_schema, output_format } = input ?? {};
  const isJson = output_schema !== undefined || output_format !== undefined;
  return {
    "gen_ai.operation.name": operationOf(input),
    "gen_ai.provider.name": provider,
    "gen_ai.request.model": model,
    "gen_ai.output.type": isJson ? "json" : undefined,
    "gen_ai.request.max_tokens": parameters.max_tokens,
    "gen_ai.request.seed": parameters.seed,
    "gen_ai.request.top_k": parameters.top_k,
    "gen_ai.request.temperature": fraction(parameters.temperature),
    "gen_ai.request.top_p": fraction(parameters.top_p),
    "gen_ai.request.frequency_penalty": fraction(parameters.frequency_penalty),
    "gen_ai.request.presence_penalty": fraction(parameters.presence_penalty),
    "gen_ai.request.reasoning.level": parameters.reasoning_effort,
  };
}

/** The addresses of providers, by their names. */
export type ProviderEndpoints = Readonly<Record<string, { baseUrl: string } | undefined>>;

/** Which server a candidate is at. A port is told where it is not that of the address's scheme. */
export function serverAttributes({ provider, upstream }: Candidate, endpoints: ProviderEndpoints): Attributes {
  const address = URL.parse(upstream?.base_url ?? endpoints[provider]?.baseUrl ?? "");
  if (!address) return {};
  const { hostname, port } = address;
  return { "server.address": hostname, "server.port": port === "" ? undefined : Number(port) };
}

/** The stored prompt of an execution; nothing where it has none. */
export function promptAttributes({ prompt_name, prompt_version }: Execution): Attributes {
  if (prompt_name === "") return {};
  return { "gen_ai.prompt.name": prompt_name, "gen_ai.prompt.version": String(prompt_version) };
}

/** What an attempt to call a model brought. */
export function responseAttributes({ served_model, first_token_at, started_at, usage }: Attempt): Attributes {
  return {
    "gen_ai.response.model": served_model,
    ...(first_token_at !== null && {
      "gen_ai.request.stream": true,
      "gen_ai.response.time_to_first_chunk": fraction((first_token_at - started_at) / 1_000),
    }),
    ...(usage && usageAttributes(usage)),
  };
}

/**
 * The tokens that are billed. Those that were read from and written to a cache are part of them.
 */
export function usageAttributes(usage: Usage): Attributes {
  return {
    "gen_ai.usage.input_tokens": usage.prompt_tokens,
    "gen_ai.usage.output_tokens": usage.completion_tokens,
    "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
    "gen_ai.usage.cache_write.input_tokens": usage.cache_write_tokens,
    "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
    "gen_ai.usage.audio.input_tokens": usage.audio_input_tokens,
    "gen_ai.usage.image.input_tokens": usage.image_input_tokens,
    "gen_ai.usage.audio.output_tokens": usage.audio_output_tokens,
  };
}

/** Attributes that had other names before version 0.1.0 of the conventions. */
const EARLIER_NAMES: Readonly<Record<string, string>> = {
  "gen_ai.provider.name": "gen_ai.system",
  "gen_ai.usage.input_tokens": "gen_ai.usage.prompt_tokens",
  "gen_ai.usage.output_tokens": "gen_ai.usage.completion_tokens",
  "gen_ai.usage.cache_write.input_tokens": "gen_ai.usage.cache_creation.input_tokens",
};

/** The attributes, and beside those that were renamed the same under their earlier names. */
export function withEarlierNames(attributes: Attributes): Attributes {
  const earlier = Object.entries(EARLIER_NAMES).map(([name, old]) => [old, attributes[name]] as const);
  return { ...attributes, ...Object.fromEntries(earlier) };
}
