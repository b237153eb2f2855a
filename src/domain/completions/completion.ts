import type { JsonSchema } from "../prompts/prompt.ts";

/** The providers that can be called. */
export const PROVIDERS = ["openai", "anthropic"] as const;
/** One of {@link PROVIDERS}. */
export type ProviderName = (typeof PROVIDERS)[number];

/** A message as it goes to the model: text, already rendered. */
export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Sampling parameters in the wire's names; absent means the provider's default. `max_tokens` counts output tokens. */
export interface CompletionParameters {
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  stop?: string[];
}

/** One completion to be made by one model of one provider. */
export interface CompletionRequest {
  provider: ProviderName;
  model: string;
  messages: Message[];
  parameters: CompletionParameters;
  output_schema?: JsonSchema;
  /** The caller's end user, passed on for abuse tracing. */
  user?: string;
}

/** What a model is given, whichever candidate makes the completion. */
export type CompletionInput = Omit<CompletionRequest, "provider" | "model">;

/** Tokens as the provider counted them. `cached_tokens` is the part of `prompt_tokens` that the provider's own cache served. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cached_tokens?: number;
  /** Part of `prompt_tokens` that was written to the provider's cache (Anthropic bills it higher). */
  cache_write_tokens?: number;
}

/** Why the model stopped, in one vocabulary for both providers. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

/** What a stream yields: text as it comes, then exactly one `finish`. A broken stream throws an AppError instead. */
export type StreamPart =
  { type: "text"; text: string } | { type: "finish"; finish_reason: FinishReason; usage: Usage | null; model: string };

/** A whole answer. `usage` is null where the provider left it out; `model` is the one that the provider says it used. */
export interface Completion {
  text: string;
  finish_reason: FinishReason;
  usage: Usage | null;
  model: string;
}

/** An answer of which nothing has come yet. */
export function beginCompletion(model: string): Completion {
  return { text: "", finish_reason: "other", usage: null, model };
}

/** Adds a stream's next part to what came before it. */
export function addPart(completion: Completion, part: StreamPart): void {
  if (part.type === "text") completion.text += part.text;
  else Object.assign(completion, { finish_reason: part.finish_reason, usage: part.usage, model: part.model });
}
