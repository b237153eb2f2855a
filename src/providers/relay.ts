import type { CompletionRequest } from "../domain/completions/completion.ts";
import { openAIOptions } from "../domain/completions/openai-endpoint.ts";
import type { DoorName } from "../domain/completions/relay.ts";
import type { SseEvent } from "../lib/sse-parser.ts";
import { boundNames } from "./openai/max-tokens.ts";
import type { ProviderCall } from "./provider.ts";
import { redactJson } from "./redact.ts";
import type { WireRequest } from "./wire-request.ts";
import { isRecord, jsonIn, recordOr } from "./wire.ts";

/** Where each door's requests go, below a provider's base URL. */
const PATHS: Record<DoorName, string> = {
  chat: "/chat/completions",
  responses: "/responses",
  embeddings: "/embeddings",
  messages: "/v1/messages",
};

type Body = Readonly<Record<string, unknown>>;

/** The fields by which a body bounds its output. */
const BOUNDS: Record<DoorName, readonly string[]> = {
  chat: ["max_completion_tokens", "max_tokens"],
  responses: ["max_output_tokens"],
  embeddings: [],
  messages: ["max_tokens"],
};

/**
 * The client's own body as a request of this call; undefined where there is none of this format. It
 * is sent as it came, but for the model that was chosen, the form of the answer, and a bound on the
 * output where a budget needs one and the client gave none. A chat stream always states its usage,
 * for which it is billed.
 */
export function relayedRequest(
  door: DoorName,
  request: CompletionRequest,
  isStreamed: boolean,
): WireRequest | undefined {
  const { model, relay } = request;
  if (relay?.door !== door || !relay.body) return undefined;
  const { stream: _stream, stream_options, ...body } = relay.body;
  return {
    path: PATHS[door],
    headers: relay.headers,
    body: {
      ...withBound(door, body, request),
      model,
      ...(isStreamed && { stream: true, ...streamOptions(door, stream_options) }),
    },
  };
}

/** The body with a bound that its server knows and a budget counts on, where one does. */
function withBound(door: DoorName, body: Body, { provider, model, relay, parameters }: CompletionRequest): Body {
  const { max_tokens } = parameters;
  if (relay?.needs_bound !== true || max_tokens === undefined || BOUNDS[door].length === 0) return body;
  const given = BOUNDS[door].filter((name) => (body[name] ?? null) !== null);
  const bounds = given.filter((name) => isBound(body[name], max_tokens));
  const names = door === "chat" ? boundNames(provider, model, bounds) : BOUNDS[door];
  if (given.length === bounds.length && names.every((name) => bounds.includes(name))) return body;
  const others = Object.entries(body).filter(([name]) => !BOUNDS[door].includes(name));
  return Object.fromEntries([...others, ...names.map((name) => [name, max_tokens])]);
}

/** Whether a bound is one that we count on. Some servers take -1 for none. */
function isBound(value: unknown, max_tokens: number): boolean {
  return typeof value === "number" && value > 0 && value <= max_tokens;
}

function streamOptions(door: DoorName, given: unknown): object {
  if (door === "chat") return { stream_options: { ...recordOr(given), include_usage: true } };
  return given === undefined ? {} : { stream_options: given };
}

/**
 * Statuses by which a provider says that what the client sent is at fault. Others are about our key
 * or the provider, and are told in our own words.
 */
const RELAYED_STATUSES: ReadonlySet<number> = new Set([400, 404, 409, 413, 415, 422]);

/**
 * The JSON by which a provider says that a request is at fault, as its client may see it; undefined
 * for every other error.
 */
export function relayedErrorBody(status: number, text: string, { apiKey, upstream }: ProviderCall): string | undefined {
  if (!RELAYED_STATUSES.has(status) || !jsonIn(text)) return undefined;
  return redactJson(text, apiKey, ...Object.values(upstream?.headers ?? {}));
}

/** Whether the client of a request is given the provider's answer as it is. */
export function isRelayed(door: DoorName, { relay }: CompletionRequest): boolean {
  return relay?.door === door;
}

/** How many answers a stream brings, one beside the other. */
export function choicesOf({ relay, parameters }: CompletionRequest): number {
  const n = relay?.body?.["n"] ?? openAIOptions(parameters)["n"];
  return typeof n === "number" && Number.isSafeInteger(n) && n > 1 ? n : 1;
}

/** Whether the events of a stream are passed on as they are, too. */
export function isStreamRelayed(door: DoorName, request: CompletionRequest): boolean {
  return isRelayed(door, request) && request.relay?.is_written !== true;
}

/**
 * Collects the events of a stream for a client that speaks their format. It holds the beginning
 * back, which says nothing yet, so that another provider can still take over.
 */
export class RelayedEvents {
  readonly #isChat: boolean;
  readonly #hidesUsage: boolean;
  #text = "";

  constructor(door: DoorName, { relay }: CompletionRequest) {
    this.#isChat = door === "chat";
    this.#hidesUsage = this.#isChat && relay?.tells_usage !== true;
  }

  /** Takes an event with its data as JSON. */
  add({ event, data }: SseEvent, parsed: unknown): void {
    if (this.#hidesUsage && isUsageChunk(parsed)) return;
    this.#text += `${event === "" ? "" : `event: ${event}\n`}data: ${data.replaceAll("\n", "\ndata: ")}\n\n`;
  }

  /** What has come since the last time. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** What has come, with the mark by which the format ends a stream. */
  takeLast(): string {
    return this.take() + (this.#isChat ? "data: [DONE]\n\n" : "");
  }
}

/** The chunk that only states the usage, which a client gets where it asks for it. */
function isUsageChunk(parsed: unknown): boolean {
  if (!isRecord(parsed)) return false;
  const { choices, usage } = parsed;
  return isRecord(usage) && Array.isArray(choices) && choices.length === 0;
}
