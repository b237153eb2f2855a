import type { JsonSchema } from "../json-schema/schema.ts";

/** The providers that can be called. */
export const PROVIDERS = ["openai", "anthropic"] as const;
/** One of {@link PROVIDERS}. */
export type ProviderName = (typeof PROVIDERS)[number];

/** A message for the model. Its content is rendered text. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * Sampling parameters by their API names; an absent one takes the provider's default. `max_tokens`
 * counts output tokens.
 */
export interface CompletionParameters {
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  stop?: string[];
}

/** A request for one completion from one model of one provider. */
export interface CompletionRequest {
  provider: ProviderName;
  model: string;
  messages: Message[];
  parameters: CompletionParameters;
  output_schema?: JsonSchema;
  /** The caller's end user, passed on for abuse tracing. */
  user?: string;
}

/** The part of a request that is the same for every candidate. */
export type CompletionInput = Omit<CompletionRequest, "provider" | "model">;

/**
 * Tokens as the provider counted them, in the same terms for both: `prompt_tokens` contains what
 * the provider's cache read and wrote. What is absent was not used, or not stated.
 */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** The part of `prompt_tokens` that the provider's own cache served. */
  cached_tokens?: number;
  /** The part of `prompt_tokens` written to the provider's cache, which is billed higher. */
  cache_write_tokens?: number;
  /** The part of those writes that is kept for longer: 1 h at Anthropic, 12 h at OpenAI. */
  cache_write_1h_tokens?: number;
  audio_input_tokens?: number;
  image_input_tokens?: number;
  /** The part of `completion_tokens` that is not in the answer. */
  reasoning_tokens?: number;
  audio_output_tokens?: number;
  /** Searches that the provider's own tool made. */
  web_searches?: number;
  /** The tier that really served the call, unless it is the standard one. */
  service_tier?: string;
  /** Where Anthropic kept the call, if anywhere. */
  inference_geo?: string;
}

/** Why the model stopped, in the same terms for both providers. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

/**
 * A part of a provider's stream: text as it comes, then exactly one `finish`. A broken stream
 * throws an AppError instead. Two kinds of parts never reach a caller. They say what has been spent
 * where the stream breaks off:
 * - `thinking` is output that is paid for and not part of the answer;
 * - `usage` is what the provider has counted so far; `final` says that the answer has ended with
 *   it.
 */
export type StreamPart =
  | { type: "text"; text: string }
  | { type: "thinking"; text: string }
  | { type: "usage"; usage: Usage; final: boolean; model: string }
  | { type: "finish"; finish_reason: FinishReason; usage: Usage | null; model: string };

/**
 * A whole completion. `usage` is null where the provider sent none; `model` is the model that the
 * provider says it used.
 */
export interface Completion {
  text: string;
  finish_reason: FinishReason;
  usage: Usage | null;
  model: string;
}
