import type { JsonSchema } from "../json-schema/schema.ts";
import type { Message, ReasoningBlock } from "./message.ts";
import type { Relay } from "./relay.ts";
import type { Toolbox, ToolCall } from "./tools.ts";

/**
 * The providers that are built in. Each has a wire format, which upstreams of tenants speak, too.
 */
export const PROVIDERS = ["openai", "anthropic"] as const;
/** One of {@link PROVIDERS}. */
export type BuiltInProvider = (typeof PROVIDERS)[number];
/** The name of a built-in provider, or of an upstream of the tenant's own. */
export type ProviderName = string;

/** Whether a provider is one of {@link PROVIDERS}; any other is an upstream of the tenant's own. */
export function isBuiltIn(provider: ProviderName): provider is BuiltInProvider {
  return PROVIDERS.some((builtIn) => builtIn === provider);
}

/**
 * Parameters by their API names; an absent one takes the provider's default. `max_tokens` counts
 * output tokens. `provider_options` are sent as they are to whatever speaks
 * that provider's wire format.
 */
export interface CompletionParameters {
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  top_k?: number;
  stop?: string[];
  seed?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  reasoning_effort?: ReasoningEffort;
  verbosity?: Verbosity;
  thinking?: Thinking;
  service_tier?: string;
  prompt_cache_key?: string;
  provider_options?: { [provider in BuiltInProvider]?: Record<string, unknown> };
}

/** How much a model thinks before it answers. Each model knows some of them. */
export const REASONING_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
/** One of {@link REASONING_EFFORTS}. */
export type ReasoningEffort = (typeof REASONING_EFFORTS)[number];

/** How long an answer OpenAI's newer models give. */
export const VERBOSITIES = ["low", "medium", "high"] as const;
/** One of {@link VERBOSITIES}. */
export type Verbosity = (typeof VERBOSITIES)[number];

/** Anthropic's `thinking`: its own object, or the number of tokens to think with. */
export type Thinking = number | ({ type: string } & Record<string, unknown>);

/** A request for one completion from one model of one provider. */
export interface CompletionRequest extends Toolbox {
  provider: ProviderName;
  model: string;
  messages: Message[];
  parameters: CompletionParameters;
  output_schema?: JsonSchema;
  output_format?: OutputFormat;
  /** Whether the model's reasoning is part of the answer, where the provider tells it. */
  reasoning?: boolean;
  /** The caller's end user, passed on for abuse tracing. */
  user?: string;
  /** What a client of a door sent, for candidates that speak its wire format. */
  relay?: Relay;
}

/**
 * What a client of OpenAI's says of its output schema beside it. Where nothing is said, a schema
 * that OpenAI can enforce is enforced.
 */
export interface OutputFormat {
  name: string;
  description?: string;
  /** Whether the provider makes sure that the answer fits. */
  strict: boolean;
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
  /** Uses of the provider's other tools, at a price that is not known. */
  unpriced_uses?: number;
  /** The tier that really served the call, unless it is the standard one. */
  service_tier?: string;
  /** Where Anthropic kept the call, if anywhere. */
  inference_geo?: string;
}

/** Why the model stopped, in the same terms for both providers. */
export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "other";

/**
 * What a model says, piece by piece; a call of a tool comes once it is complete. `block` is the
 * reasoning that ends with this piece, whose text may be empty then.
 */
export type Said =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string; block?: ReasoningBlock }
  | { type: "tool_call"; index: number; call: ToolCall }
  | RelayedText;

/**
 * The provider's own words for what follows, whole events at a time, for a client that speaks its
 * wire format. The same is said in our terms beside it.
 */
export interface RelayedText {
  type: "relayed";
  text: string;
}

/**
 * A part of a provider's stream: what the model says as it comes, then exactly one `finish`. A
 * broken stream throws an AppError instead. `usage` never reaches a caller: it is what the provider
 * has counted so far, for the case that the stream breaks off; `final` says that the answer has
 * ended with it. `unread` is output that is paid for and no part of the answer: that of further
 * choices, and what follows an event that was lost.
 */
export type StreamPart =
  | Said
  | { type: "usage"; usage: Usage; final: boolean; model: string }
  | { type: "unread"; text: string }
  | { type: "finish"; finish_reason: FinishReason; usage: Usage | null; model: string; response_id?: string };

/**
 * A whole completion. `usage` is null where the provider sent none; `model` is the model that the
 * provider says it used.
 */
export interface Completion {
  text: string;
  tool_calls?: ToolCall[];
  /** The model's reasoning, where the provider tells it. */
  reasoning?: string;
  /** The reasoning as its provider takes it back, where it does. */
  reasoning_blocks?: ReasoningBlock[];
  /** The provider's id of the response, by which a later request can refer to it. */
  response_id?: string;
  /** The provider's own body, or all of its events, where the request has a {@link Relay}. */
  relayed?: string;
  finish_reason: FinishReason;
  usage: Usage | null;
  model: string;
}
