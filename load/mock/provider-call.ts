import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

import { makeAnswer, type MockAnswer } from "./answer.ts";
import { deliver } from "./deliver.ts";
import { DEVIATIONS } from "./deviation.ts";
import { type Delivery, type ErrorDelivery, sendError } from "./delivery.ts";
import { DEFAULT_HUGE_BYTES } from "./huge-delivery.ts";
import type { Admission } from "./limits.ts";
import type { MockState } from "./mock-state.ts";
import type { PlainMessage } from "./plain-message.ts";
import { callsOfOffered } from "./offered-tools.ts";
import { parseProfileText, type Profile, ProfileError } from "./profile.ts";
import { takeMarkers } from "./prompt-marker.ts";
import { readBody } from "./request-body.ts";
import { BYTES_PER_TOKEN, countPromptTokens } from "./tokens.ts";
import { CallRefused, type ModelCall, type Wire, type WireReply, type WireUsage } from "./wire.ts";

/** An HTTP request to the mock, with its response. */
export interface HttpExchange {
  state: MockState;
  request: IncomingMessage;
  response: ServerResponse;
}

/** Answers a logged call, or throws CallRefused. */
export type CallHandler = (call: LoggedCall) => Promise<void> | void;

/** A route of a provider's API. */
export interface CallRoute {
  wire: Wire;
  handler: CallHandler;
  /** The largest body, bytes; that of `readBody` when absent. */
  bodyLimit?: number;
}

/** A call whose body was read and which is in the log. */
export interface LoggedCall extends ErrorDelivery, HttpExchange {
  response: ServerResponse;
  body: Buffer;
}

/** Reads a call, logs it and passes it to its handler. Errors are sent in the provider's format. */
export async function handleCall(exchange: HttpExchange, path: string, route: CallRoute): Promise<void> {
  const body = await readBody(exchange.request, route.bodyLimit);
  if (body === "gone") return;
  const call = openCall(exchange, path, route.wire, body === "too_large" ? Buffer.alloc(0) : body);
  try {
    if (body === "too_large") throw new CallRefused({ status: 413 });
    await route.handler(call);
  } catch (error) {
    if (error instanceof CallRefused) sendError(call, error.failure);
    else if (error instanceof ProfileError) sendError(call, { status: 400, message: error.message });
    else throw error;
  }
}

function openCall({ state, request, response }: HttpExchange, path: string, wire: Wire, body: Buffer): LoggedCall {
  const requestId = `req_${state.newId()}`;
  const idempotencyKey = request.headers["idempotency-key"];
  const record = state.log.open({
    provider: wire.provider,
    path,
    key: wire.keyOf(request.headers),
    request_id: requestId,
    body_sha256: hash("sha256", body),
    ...(typeof idempotencyKey === "string" ? { idempotency_key: idempotencyKey } : {}),
  });
  state.requests.keep(record.seq, request, body);
  response.once("close", () => {
    record.client_left = !response.writableFinished && record.fault !== "cut_stream";
    state.log.settle(record);
  });
  const headers = wire.headers(requestId, undefined, state.clock());
  return { state, wire, request, response, body, record, requestId, headers, release: () => {} };
}

/** Answers a completion: resolves its profile, makes the answer, checks the limits, delivers. */
export async function answerCompletion(call: LoggedCall): Promise<void> {
  requireKey(call);
  const completion = prepareCompletion(call, call.wire.read(parseBody(call), call.request.headers));
  if (completion) await deliver(completion);
}

/** Makes the answer to what a call asks for; undefined where its limits refused it. */
export function prepareCompletion(call: LoggedCall, asked: ModelCall): Delivery | undefined {
  const { state, record } = call;
  const { messages, profile: resolved } = resolveAsked(call, asked);
  const calls = resolved.calls_tools === true && { tool_calls: callsOfOffered(parseBody(call)) };
  const profile: Profile = { ...resolved, ...calls };
  if (profile.usage_parts !== undefined) record.usage_parts = profile.usage_parts;
  const answer = makeAnswer({ ...asked, messages, fixed: textOf(profile) });
  const fails = profile.status !== undefined && profile.status >= 400;
  const release = admitCall(call, record.prompt_tokens + (fails ? 0 : answer.tokens));
  if (!release) return undefined;
  const reply = replyOf(state, asked, answer, profile);
  const { text, tokens } = answer;
  return { ...call, profile, stream: asked.stream, text, tokens, reply, release };
}

/** Logs what a call asks a model for. Returns its profile, and the messages without markers. */
export function resolveAsked(
  { state, request, record }: LoggedCall,
  { model, stream, messages: sent }: Pick<ModelCall, "model" | "stream" | "messages">,
): { profile: Profile; messages: readonly PlainMessage[] } {
  record.model = model;
  record.stream = stream;
  record.prompt_tokens = countPromptTokens(sent);
  record.prompt_sha256 = hash("sha256", sent.at(-1)?.content ?? "");
  const { messages, profile: marker } = takeMarkers(sent);
  const query = { seq: record.seq, key: record.key, model, marker, header: headerProfile(request) };
  return { messages, profile: state.profiles.resolve(query) };
}

/**
 * Counts a call with so many tokens against its key's limits and returns what frees its slot. A
 * call over a limit is answered here: undefined.
 */
export function admitCall(call: LoggedCall, tokens: number): (() => void) | undefined {
  const { state, wire, record, response, requestId } = call;
  const admission = state.limits.admit(record.key, tokens);
  call.headers = wire.headers(requestId, admission.quota, state.clock());
  if (admission.over !== null) {
    sendOverLimit(call, admission);
    return undefined;
  }
  response.once("close", admission.release);
  return admission.release;
}

/** Throws CallRefused where the call lacks an API key that it needs. Every key is valid. */
export function requireKey(call: LoggedCall): void {
  const { missingKey } = call.wire;
  if (call.record.key === "" && missingKey) throw new CallRefused(missingKey);
}

/** The body of a call as JSON. Throws CallRefused. */
export function parseBody(call: LoggedCall): unknown {
  try {
    return JSON.parse(call.body.toString("utf8"));
  } catch {
    throw new CallRefused(call.wire.badJson);
  }
}

/** The profile in the header `x-mock-profile`. Throws ProfileError. */
export function headerProfile(request: IncomingMessage): Profile | undefined {
  const header = request.headers["x-mock-profile"];
  return typeof header === "string" && header !== "" ? parseProfileText(header) : undefined;
}

function sendOverLimit(call: LoggedCall, admission: Admission): void {
  call.record.over_limit = true;
  const waitMs = Math.ceil(admission.retryAfterMs);
  const openai = call.wire.provider === "openai";
  sendError(
    call,
    { status: 429, type: openai && admission.over === "tokens" ? "tokens" : undefined },
    { "retry-after": `${Math.ceil(waitMs / 1_000)}`, ...(openai ? { "retry-after-ms": `${waitMs}` } : {}) },
  );
}

/** The text that a profile asks for; a model that asks for calls says nothing else by itself. */
export function textOf({ answer, tool_calls }: Profile): string | undefined {
  return answer ?? (tool_calls && tool_calls.length > 0 ? "" : undefined);
}

/** The parts of an answer that the wire format needs beside its text. */
export function replyOf(state: MockState, asked: ModelCall, answer: MockAnswer, profile: Profile): WireReply {
  return {
    id: state.newId(),
    created: Math.floor(state.clock() / 1_000),
    model: asked.model,
    end: answer.end,
    stopSequence: answer.stopSequence,
    includeUsage: asked.includeUsage,
    toolCalls: profile.tool_calls ?? [],
    reasoning: asked.hidesReasoning === true ? "" : (profile.reasoning ?? ""),
    refused: profile.refusal ?? false,
    parts: profile.usage_parts ?? {},
    deviations: profile.deviations ?? DEVIATIONS,
    ...(asked.echo && { echo: asked.echo }),
    usage: reportedUsage(profile, countPromptTokens(asked.messages), answer.tokens),
  };
}

function reportedUsage(profile: Profile, prompt: number, completion: number): WireUsage | null {
  if (profile.fault === "missing_usage") return null;
  if (profile.fault === "wrong_usage") {
    return { prompt_tokens: 0, completion_tokens: completion * 1_000, total_tokens: 1, ...profile.usage };
  }
  const huge = Math.ceil((profile.huge_bytes ?? DEFAULT_HUGE_BYTES) / BYTES_PER_TOKEN);
  const tokens = profile.fault === "huge" ? huge : completion;
  return { prompt_tokens: prompt, completion_tokens: tokens, total_tokens: prompt + tokens };
}
