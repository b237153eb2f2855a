import type { IncomingHttpHeaders } from "node:http";

import type { ProviderName } from "../../src/domain/completions/completion.ts";
import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import type { PlainMessage } from "./plain-message.ts";
import type { AnswerEnd } from "./answer.ts";
import type { Deviation } from "./deviation.ts";
import type { Quota } from "./limits.ts";
import type { MockToolCall } from "./tool-call.ts";
import type { UsageParts } from "./usage-parts.ts";

/** A completion request, read from either provider's format. */
export interface ModelCall {
  model: string;
  messages: PlainMessage[];
  stream: boolean;
  maxTokens: number | undefined;
  stop: string[];
  schema: JsonSchema | undefined;
  jsonObject: boolean;
  /**
   * Whether a stream ends with usage: OpenAI's `stream_options.include_usage`; always at Anthropic.
   */
  includeUsage: boolean;
  /** Whether the caller did not ask for the reasoning that the wire format tells on request. */
  hidesReasoning?: boolean;
  /** Fields of the request that its response repeats; Responses only. */
  echo?: Record<string, unknown>;
}

/** The usage that an answer reports. A fault may falsify it. */
export interface WireUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** The parts of an answer beside its text. Null `usage` leaves the usage out. */
export interface WireReply {
  id: string;
  created: number;
  model: string;
  end: AnswerEnd;
  stopSequence: string | null;
  toolCalls: readonly MockToolCall[];
  reasoning: string;
  /** Whether the text is a refusal. */
  refused: boolean;
  usage: WireUsage | null;
  parts: UsageParts;
  includeUsage: boolean;
  /** How a compatible server's answer differs from OpenAI's; the others do not look at it. */
  deviations: readonly Deviation[];
  /** Fields of the request that the response repeats. */
  echo?: Record<string, unknown>;
}

/** The server-sent events of an answer: `opening`, a `delta` for each piece, `closing`, `done`. */
export interface StreamScript {
  opening: string;
  delta: (piece: string) => string;
  /** The finish reason and the usage. */
  closing: string;
  /** The provider's end mark (`[DONE]`, `message_stop`). */
  done: string;
  /** An event whose data is not JSON. */
  garbage: string;
}

/** An error, independent of the provider's format. */
export interface WireFailure {
  status: number;
  message?: string | undefined;
  /** OpenAI's `code` or Anthropic's `type`; the status decides when absent. */
  code?: string | undefined;
  /** The name of the invalid field; OpenAI only. */
  param?: string | undefined;
  /** The exceeded limit; OpenAI only. */
  type?: string | undefined;
}

/** Ends a call with an error. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  readonly failure: WireFailure;

  constructor(failure: WireFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One provider's wire format. */
export interface Wire {
  provider: ProviderName;
  /** The API key; empty where there is none. */
  keyOf: (headers: IncomingHttpHeaders) => string;
  /** The answer to a call without a key; null where none is needed. */
  missingKey: WireFailure | null;
  /** The answer to a body that is not JSON. */
  badJson: WireFailure;
  /** Reads headers and body. Throws CallRefused with the provider's validation error. */
  read: (body: unknown, headers: IncomingHttpHeaders) => ModelCall;
  whole: (reply: WireReply, text: string) => object;
  script: (reply: WireReply) => StreamScript;
  error: (failure: WireFailure, requestId: string) => object;
  /** A server-sent event with the error. */
  errorEvent: (failure: WireFailure, requestId: string) => string;
  /** The status of an error within a 200 whose profile names no status. */
  hiddenStatus: number;
  /** The headers with the request id and the limits; `now` in ms. */
  headers: (requestId: string, quota: Quota | undefined, now: number) => Record<string, string>;
  /** The answer of `GET /v1/models`. */
  models: () => object;
  /** The answer of `GET /v1/models/{id}`. */
  model: (id: string) => object;
}

/** The text of a message's content: a string, or the text parts of a list. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => partText(part)).join("");
}

function partText(part: unknown): string {
  return typeof part === "object" && part !== null && "text" in part && typeof part.text === "string" ? part.text : "";
}

/** A string, or the strings of a list, as a list. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The key of `Authorization: Bearer <key>`; empty where there is none. */
export function bearerKey(headers: IncomingHttpHeaders): string {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}
