import type { IncomingHttpHeaders } from "node:http";

import type { Message, ProviderName } from "../../src/domain/completions/completion.ts";
import type { JsonSchema } from "../../src/domain/prompts/prompt.ts";
import type { AnswerEnd } from "./answer.ts";
import type { Quota } from "./limits.ts";

/** A call as either provider's body says it. */
export interface ModelCall {
  model: string;
  messages: Message[];
  stream: boolean;
  maxTokens: number | undefined;
  stop: string[];
  schema: JsonSchema | undefined;
  jsonObject: boolean;
  /** A stream is to end with usage (OpenAI's `stream_options.include_usage`; always so at Anthropic). */
  includeUsage: boolean;
}

/** Tokens as the answer is to report them, which a fault may falsify. */
export interface WireUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** What an answer on the wire is made of. `usage` null leaves it out. */
export interface WireReply {
  id: string;
  created: number;
  model: string;
  end: AnswerEnd;
  stopSequence: string | null;
  usage: WireUsage | null;
  includeUsage: boolean;
}

/** The SSE events of one answer, ready to be sent: `opening`, a `delta` for every piece of text, `closing`, `done`. */
export interface StreamScript {
  opening: string;
  delta: (piece: string) => string;
  /** Finish reason and usage. */
  closing: string;
  /** The provider's end mark (`[DONE]`, `message_stop`). */
  done: string;
  /** An event whose data is not JSON. */
  garbage: string;
}

/** An error for the caller, before it is put in the provider's words. */
export interface WireFailure {
  status: number;
  message?: string | undefined;
  /** OpenAI `code` or Anthropic `type`; the status decides when absent. */
  code?: string | undefined;
  /** OpenAI's name of the bad field. */
  param?: string | undefined;
  /** OpenAI's name of the limit that was hit. */
  type?: string | undefined;
}

/** Thrown while a call is read: the call ends with this error. */
export class CallRefused extends Error {
  override readonly name = "CallRefused";
  readonly failure: WireFailure;

  constructor(failure: WireFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** One provider's dialect. */
export interface Wire {
  provider: ProviderName;
  /** The API key, or an empty text. */
  keyOf: (headers: IncomingHttpHeaders) => string;
  /** The answer to a call without a key. */
  missingKey: WireFailure;
  /** The answer to a body that is not JSON. */
  badJson: WireFailure;
  /** Reads headers and body; throws CallRefused with the provider's own validation error. */
  read: (body: unknown, headers: IncomingHttpHeaders) => ModelCall;
  whole: (reply: WireReply, text: string) => object;
  script: (reply: WireReply) => StreamScript;
  error: (failure: WireFailure, requestId: string) => object;
  /** One SSE event with the error. */
  errorEvent: (failure: WireFailure, requestId: string) => string;
  /** Status of the error that is hidden in a 200 when the profile names none. */
  hiddenStatus: number;
  /** Request id and limits; `now` in ms. */
  headers: (requestId: string, quota: Quota | undefined, now: number) => Record<string, string>;
  /** The models that `GET /v1/models` lists. */
  models: () => object;
  /** What `GET /v1/models/{id}` says of a model. */
  model: (id: string) => object;
}

/** The text of a message's content: a string, or the text parts of a list (images and files have none). */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => partText(part)).join("");
}

function partText(part: unknown): string {
  return typeof part === "object" && part !== null && "text" in part && typeof part.text === "string" ? part.text : "";
}

/** The texts of a list, others left out. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** The key of `Authorization: Bearer <key>`, or an empty text. */
export function bearerKey(headers: IncomingHttpHeaders): string {
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}
