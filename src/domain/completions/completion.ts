import type { JsonSchema } from "../json-schema.ts";

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
 * Tokens as the provider counted them. `cached_tokens` is the part of `prompt_tokens` that the
 * provider's own cache served.
 */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cached_tokens?: number;
  /** The part of `prompt_tokens` written to the provider's cache, which Anthropic bills higher. */
  cache_write_tokens?: number;
}

/** Why the model stopped, in the same terms for both providers. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

/**
 * A part of a provider's stream: text as it comes, then exactly one `finish`. A broken stream
 * throws an AppError instead.
 */
export type StreamPart =
  { type: "text"; text: string } | { type: "finish"; finish_reason: FinishReason; usage: Usage | null; model: string };

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

/** An empty completion, to which {@link addPart} adds the parts of a stream. */
export function beginCompletion(model: string): Completion {
  return { text: "", finish_reason: "other", usage: null, model };
}

/** Adds the next part of a stream to the completion. */
export function addPart(completion: Completion, part: StreamPart): void {
  if (part.type === "text") completion.text += part.text;
  else Object.assign(completion, { finish_reason: part.finish_reason, usage: part.usage, model: part.model });
}
