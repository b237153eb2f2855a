import {
  APIConnectionError as AnthropicConnectionError,
  APIConnectionTimeoutError as AnthropicTimeoutError,
  APIError as AnthropicAPIError,
  APIUserAbortError as AnthropicAbortError,
} from "@anthropic-ai/sdk/error";
import {
  APIConnectionError as OpenAIConnectionError,
  APIConnectionTimeoutError as OpenAITimeoutError,
  APIError as OpenAIAPIError,
  APIUserAbortError as OpenAIAbortError,
} from "openai/error";
import type { ProviderName } from "../domain/completions/completion.ts";
import { UnusableAnswer } from "../domain/completions/unusable-answer.ts";
import { AppError, type AppErrorOptions, type ErrorCode } from "../domain/errors.ts";
import { isAboutAccount, type ProviderFact } from "../domain/provider-facts.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { factOf } from "./fact-of-error.ts";
import type { ProviderCall } from "./provider.ts";
import { parseRateLimits } from "./rate-limit.ts";
import { redactSecrets } from "./redact.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { isRecord, textOr } from "./wire.ts";

/** The circumstances of a failure. `now` is epoch milliseconds, for `retry-after` dates. */
export interface FailureContext {
  provider: ProviderName;
  apiKey: string;
  /** What else of the request is secret. */
  secrets?: readonly string[];
  signal: AbortSignal;
  now: number;
}

/** The circumstances of a failure of this call that happens now. */
export function contextOf(provider: ProviderName, call: ProviderCall, now: number): FailureContext {
  const { apiKey, signal, upstream } = call;
  return { provider, apiKey, secrets: Object.values(upstream?.headers ?? {}), signal, now };
}

/**
 * The error object of a provider: from a failed response, an SSE `error` event or the body of a
 * 200.
 */
interface WireError {
  status: number | undefined;
  headers: Headers | undefined;
  /** OpenAI's `code` and `type`; Anthropic's `type`. */
  types: string[];
  message: string;
}

/**
 * The codes of a response that failed for what it was sent.
 * Source: `ResponseError` in the openai SDK 7.57.0.
 */
const INPUT_FAULTS = (
  "invalid_prompt data_residency_mismatch bio_policy misalignment_policy_violation invalid_image invalid_image_format " +
  "invalid_base64_image invalid_image_url image_too_large image_too_small image_parse_error " +
  "image_content_policy_violation invalid_image_mode image_file_too_large unsupported_image_media_type " +
  "empty_image_file failed_to_download_image image_file_not_found"
).split(" ");

/**
 * The HTTP status behind each error type, for failures that have none because they come inside a
 * 200.
 * Sources: platform.claude.com/docs/en/api/errors and
 * developers.openai.com/api/docs/guides/error-codes.
 */
const STATUS_OF_TYPE = new Map([
  ...INPUT_FAULTS.map((code) => [code, 400] as const),
  ["invalid_request_error", 400],
  ["authentication_error", 401],
  ["invalid_api_key", 401],
  ["billing_error", 402],
  ["permission_error", 403],
  ["not_found_error", 404],
  ["model_not_found", 404],
  ["timeout_error", 408],
  ["request_too_large", 413],
  ["rate_limit_error", 429],
  ["rate_limit_exceeded", 429],
  ["api_error", 500],
  ["server_error", 500],
  ["overloaded_error", 529],
]);

/**
 * Turns a failure of an SDK or of the transport into an AppError, and decides whether it is
 * retryable. Returns an AppError behind the failure (from the egress rules, or the reason of the
 * caller's abort) as it is. `limits` are the key's limits from the response, for a failure that
 * carries none. The result never has the SDK's error as its cause, because that holds headers and
 * the provider's unredacted words.
 */
export function classifyFailure(error: unknown, context: FailureContext, limits?: RateLimitFacts): AppError {
  const known = findAppError(error) ?? classify(error, context);
  return limits && !known.providerLimits ? known.withProviderLimits(limits) : known;
}

function classify(error: unknown, context: FailureContext): AppError {
  const wire = wireErrorOf(error);
  if (wire) return fromWireError(wire, context, isUnbilled(wire.status));
  const { provider, signal } = context;
  if (signal.aborted || error instanceof OpenAIAbortError || error instanceof AnthropicAbortError) {
    return abortError(context);
  }
  if (error instanceof OpenAITimeoutError || error instanceof AnthropicTimeoutError) return timedOut(provider);
  if (error instanceof OpenAIConnectionError || error instanceof AnthropicConnectionError) {
    return new AppError("provider_error", `The connection to ${provider} failed.`, { retryable: true });
  }
  if (error instanceof SyntaxError) return malformed(provider, "something that is not JSON");
  return new AppError("provider_error", `The call to ${provider} broke off.`, { retryable: true });
}

/** The error of an aborted call: the AppError that aborted it, or else a timeout. */
export function abortError({ provider, signal }: FailureContext): AppError {
  const reason: unknown = signal.reason;
  return findAppError(reason) ?? timedOut(provider);
}

/**
 * The error of a 2xx response that does not follow the provider's documented format. `stated` is
 * what it counts all the same.
 */
export function malformed(provider: ProviderName, what: string, stated?: UnusableAnswer["stated"]): AppError {
  const detail = `${provider} answered with ${what}.`;
  const error = new AppError("provider_error", detail, { retryable: true });
  return stated ? new UnusableAnswer(error, stated) : error;
}

/**
 * The error in the body of a 200 (`{"error": {…}}`), or undefined. `status` is the status if the
 * body has one.
 */
export function errorInBody(
  body: unknown,
  headers: Headers | undefined,
  context: FailureContext,
  status?: number,
): AppError | undefined {
  if (!isRecord(body) || body["error"] === undefined || body["error"] === null) return undefined;
  return fromWireError({ status, headers, ...describe(body["error"]) }, context);
}

/** Whether a failure of an SDK is a 404 from the provider. */
export function isNotFound(error: unknown): boolean {
  return wireErrorOf(error)?.status === 404;
}

function timedOut(provider: ProviderName): AppError {
  return new AppError("timeout", `${provider} did not answer in time.`, { retryable: true });
}

function findAppError(error: unknown, depth = 0): AppError | undefined {
  if (error instanceof AppError) return error;
  return error instanceof Error && depth < 5 ? findAppError(error.cause, depth + 1) : undefined;
}

function wireErrorOf(error: unknown): WireError | undefined {
  if (!(error instanceof OpenAIAPIError || error instanceof AnthropicAPIError)) return undefined;
  const { status, headers } = error;
  // An error without status and headers had no response: an abort, a timeout or a broken
  // connection.
  if (status === undefined && headers === undefined) return undefined;
  const told = describe(error.error);
  return { status, headers, ...told, message: told.message === "" ? error.message : told.message };
}

/**
 * Reads OpenAI's `{message, type, code}` and Anthropic's `{type: "error", error: {type, message}}`.
 */
function describe(error: unknown): { types: string[]; message: string } {
  if (typeof error === "string") return { types: [], message: error };
  if (!isRecord(error)) return { types: [], message: "" };
  if (isRecord(error["error"])) return describe(error["error"]);
  const types = [error["code"], error["type"]].filter((type) => typeof type === "string");
  return { types, message: textOr(error["message"], "") };
}

function fromWireError(wire: WireError, context: FailureContext, unbilled = false): AppError {
  const providerLimits = wire.headers && parseRateLimits(wire.headers, context.now);
  const { code, detail, ...options } = judge(wire, context, providerLimits);
  return new AppError(code, detail, { ...options, providerLimits, providerStatus: wire.status, unbilled });
}

/**
 * Whether the status of a failed response shows that no model worked on the request. After a 408, a
 * 500 or a gateway's 502 and 504 one may have, and so it may after an error inside a 200.
 */
function isUnbilled(status: number | undefined): boolean {
  if (status === undefined || status === 408) return false;
  return (status >= 400 && status < 500) || status === 503 || status === 529;
}

interface Judgement extends AppErrorOptions {
  code: ErrorCode;
  detail: string;
}

/** Decides by status and type what an error of a provider means, and whether a retry may help. */
function judge(wire: WireError, context: FailureContext, limits: RateLimitFacts | undefined): Judgement {
  const status = wire.status ?? wire.types.map((type) => STATUS_OF_TYPE.get(type)).find((known) => known !== undefined);
  const wish = wire.headers?.get("x-should-retry");
  const fact = factOf({ ...wire, status }) ?? (wish === "false" ? "no_repeat" : undefined);
  const retryAfterMs = parseRetryAfter(wire.headers, context.now);
  const judged = byFact(fact, wire, context) ?? byStatus(status, wire, context);
  const isLimited = judged.code === "rate_limit_error" || judged.code === "provider_overloaded";
  return {
    ...judged,
    ...(wish === "true" && { retryable: true }),
    ...(isAboutAccount(fact) ? {} : { retryAfterMs }),
    ...(isLimited && { limits }),
    fact,
  };
}

/** The meaning of an error that is a lasting fact, whatever status it came with. */
function byFact(fact: ProviderFact | undefined, wire: WireError, context: FailureContext) {
  const { provider } = context;
  const said = saidBy(wire, context);
  if (fact === "quota") return providerError(`The ${provider} account has no quota left${said}`, true);
  // The provider's words may contain a part of the key, so they are omitted.
  if (fact === "credentials") return providerError(`${provider} refused the API key (${wire.status ?? 401}).`, true);
  if (fact === "over_minute") {
    return providerError(`The request is larger than the minute of the key for ${provider}${said}`, false);
  }
  return undefined;
}

function byStatus(status: number | undefined, wire: WireError, context: FailureContext): Judgement {
  const { provider } = context;
  const said = saidBy(wire, context);
  if (status === 408 || status === 504) {
    return { code: "timeout", detail: `${provider} timed out${said}`, retryable: true };
  }
  if (status === 429) {
    return { code: "rate_limit_error", detail: `${provider} is limiting requests${said}`, retryable: true };
  }
  if (status === 503 || status === 529) {
    return { code: "provider_overloaded", detail: `${provider} is overloaded${said}`, retryable: true };
  }
  const retryable = status === undefined || [403, 404, 409].includes(status) || status >= 500;
  const answered = status === undefined ? "reported an error" : `answered ${status}`;
  return providerError(`${provider} ${answered}${said}`, retryable);
}

function providerError(detail: string, retryable: boolean): Judgement {
  return { code: "provider_error", detail, retryable };
}

/** The provider's words, as the end of a sentence. */
function saidBy({ message }: WireError, { apiKey, secrets = [] }: FailureContext): string {
  const clean = redactSecrets(message, apiKey, ...secrets);
  return clean === "" ? "" : `: ${clean}`;
}
