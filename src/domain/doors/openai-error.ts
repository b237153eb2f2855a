import type { AppError, ErrorCode, FieldError } from "../errors.ts";
import type { DoorError } from "./door.ts";

/** The error object of OpenAI's API, as the `error` of a body or of an event. */
export interface OpenAIErrorObject {
  message: string;
  type: string;
  /** The first faulty field. */
  param: string | null;
  code: string | null;
}

/** How OpenAI says an error of ours. */
interface Saying {
  status: number;
  type: "invalid_request_error" | "insufficient_quota" | "rate_limit_error" | "server_error";
  code: string | null;
}

/**
 * OpenAI has no 402 and no 422: a spent budget is a spent quota there, and a faulty field a 400.
 * Its own failures have no codes, so those have ours.
 * Source: developers.openai.com/api/docs/guides/error-codes, and the recorded errors in
 * test/fixtures/openai.
 */
const SAYINGS: Record<ErrorCode, Saying> = {
  bad_request: { status: 400, type: "invalid_request_error", code: null },
  authentication_error: { status: 401, type: "invalid_request_error", code: "invalid_api_key" },
  budget_exceeded: { status: 429, type: "insufficient_quota", code: "insufficient_quota" },
  permission_error: { status: 403, type: "invalid_request_error", code: "insufficient_permissions" },
  not_found: { status: 404, type: "invalid_request_error", code: "not_found" },
  method_not_allowed: { status: 405, type: "invalid_request_error", code: "method_not_supported" },
  conflict: { status: 409, type: "invalid_request_error", code: "conflict" },
  precondition_failed: { status: 412, type: "invalid_request_error", code: "precondition_failed" },
  payload_too_large: { status: 413, type: "invalid_request_error", code: "payload_too_large" },
  validation_error: { status: 400, type: "invalid_request_error", code: null },
  rate_limit_error: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
  internal_error: { status: 500, type: "server_error", code: "internal_error" },
  provider_error: { status: 502, type: "server_error", code: "provider_error" },
  provider_overloaded: { status: 503, type: "server_error", code: "provider_overloaded" },
  timeout: { status: 504, type: "server_error", code: "timeout" },
};

/** An error as OpenAI's API answers it, to a client of any of its endpoints. */
export function toOpenAIError(error: AppError, requestId: string): DoorError {
  return {
    status: SAYINGS[error.code].status,
    headers: {
      "x-request-id": requestId,
      ...retryHeaders(error),
      ...(error.allow && { allow: error.allow.join(", ") }),
    },
    body: { error: openAIErrorObject(error) },
  };
}

/** The error object alone, for an event in the middle of a stream. */
export function openAIErrorObject(error: AppError): OpenAIErrorObject {
  const { type, code } = SAYINGS[error.code];
  const [first] = error.errors ?? [];
  return {
    message: messageOf(error),
    type,
    param: first === undefined || first.path === "" ? null : paramOf(first),
    code: isAboutModel(error) ? "model_not_found" : code,
  };
}

/** Every fault is in the message, because `param` has room for one. */
function messageOf({ detail, errors = [] }: AppError): string {
  const faults = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const unnamed = faults.filter((fault) => !detail.includes(fault));
  return unnamed.length === 0 ? detail : `${detail} ${unnamed.join("; ")}`;
}

/** A field as OpenAI names it: `messages[0].content[1].type`. */
function paramOf({ path }: FieldError): string {
  return path.replaceAll(/\.(\d+)(?=\.|$)/g, "[$1]");
}

function isAboutModel({ code, errors }: AppError): boolean {
  return code === "not_found" && errors?.[0]?.path === "model";
}

/** The codes that OpenAI's clients would try again, with whether that helps in the error. */
const REPEATED: ReadonlySet<ErrorCode> = new Set(["conflict", "provider_error", "timeout"]);

/**
 * When a client may come back. OpenAI's clients repeat each 409, 429 and 5xx by themselves, unless
 * the answer says that it will not help. The wait is in whole seconds, and never 0: by
 * `retry-after-ms` they would come back within milliseconds, all at once.
 */
function retryHeaders({ code, retryable, retryAfterMs }: AppError): Record<string, string> {
  if (code === "budget_exceeded" || (!retryable && REPEATED.has(code))) return { "x-should-retry": "false" };
  if (retryAfterMs === undefined) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
