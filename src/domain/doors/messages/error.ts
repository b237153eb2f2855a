import type { AppError, ErrorCode } from "../../errors.ts";
import type { DoorError } from "../door.ts";

/** How Anthropic says an error of ours. */
interface AnthropicSaying {
  status: number;
  type: string;
}

/**
 * Anthropic has no 422, and a status of its own for an overload.
 * Source: platform.claude.com/docs/en/api/errors, and `ErrorType` in @anthropic-ai/sdk 1.14.0.
 */
const SAYINGS: Record<ErrorCode, AnthropicSaying> = {
  bad_request: { status: 400, type: "invalid_request_error" },
  authentication_error: { status: 401, type: "authentication_error" },
  budget_exceeded: { status: 402, type: "billing_error" },
  permission_error: { status: 403, type: "permission_error" },
  not_found: { status: 404, type: "not_found_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  conflict: { status: 409, type: "conflict_error" },
  precondition_failed: { status: 412, type: "invalid_request_error" },
  payload_too_large: { status: 413, type: "request_too_large" },
  validation_error: { status: 400, type: "invalid_request_error" },
  rate_limit_error: { status: 429, type: "rate_limit_error" },
  internal_error: { status: 500, type: "api_error" },
  provider_error: { status: 502, type: "api_error" },
  provider_overloaded: { status: 529, type: "overloaded_error" },
  timeout: { status: 504, type: "timeout_error" },
};

/** The codes that Anthropic's clients would try again, with whether that helps in the error. */
const RETRIED: ReadonlySet<ErrorCode> = new Set(["conflict", "provider_error", "provider_overloaded", "timeout"]);

/** An error as Anthropic's API answers it. */
export function toAnthropicError(error: AppError, requestId: string): DoorError {
  return {
    status: SAYINGS[error.code].status,
    headers: {
      "request-id": requestId,
      ...retryHeaders(error),
      ...(error.allow && { allow: error.allow.join(", ") }),
    },
    body: toErrorBody(error, requestId),
  };
}

/** The body of an error, which is also the data of its event in a stream. */
export function toErrorBody(error: AppError, request_id: string): object {
  const { type } = SAYINGS[error.code];
  const details = isAboutThread(error) ? { details: NO_THREAD } : {};
  return { type: "error", error: { type, message: messageOf(error), ...details }, request_id };
}

/**
 * Tells a client that the conversation is kept nowhere. The tool runner of Anthropic's client asks
 * for a `thread` by itself, and goes on without one, with the whole conversation, where it reads
 * this. Source: `ThreadUnsupportedRequestErrorDetails` in @anthropic-ai/sdk 1.14.0.
 */
const NO_THREAD = { error_code: "thread_unsupported_request", unsupported: [] };

function isAboutThread({ errors = [] }: AppError): boolean {
  return errors.some(({ path }) => path === "thread" || path.startsWith("thread."));
}

/** Every fault is in the message, because the body has no other place for them. */
function messageOf({ detail, errors = [] }: AppError): string {
  const faults = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const unnamed = faults.filter((fault) => !detail.includes(fault));
  return unnamed.length === 0 ? detail : `${detail} ${unnamed.join("; ")}`;
}

/**
 * When a client may come back. Anthropic's clients repeat every 409, 429 and 5xx by themselves,
 * unless the answer says that it will not help. The wait is in whole
 * seconds, and never 0: by `retry-after-ms` they would come back within milliseconds, all at once.
 */
function retryHeaders({ code, retryable, retryAfterMs }: AppError): Record<string, string> {
  if (retryAfterMs !== undefined && code !== "budget_exceeded") {
    return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  }
  return code === "budget_exceeded" || (RETRIED.has(code) && !retryable) ? { "x-should-retry": "false" } : {};
}
