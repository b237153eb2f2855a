/** The members of an error's body (RFC 9457), as far as the answer had them. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The kind of error: `rate_limit_error`, `not_found` and so on. */
  code: string;
  request_id: string | null;
  /** Each faulty field of the request, with its path: `variables.who`. */
  errors?: FieldFault[];
  /** What the budget that refused the call has left, in US dollars. */
  remaining_usd?: number;
  /** When that budget is full again. */
  resets_at?: string;
  /** The execution that failed, where it was recorded. */
  execution_id?: string;
}

/** A field of a request that is at fault. */
export interface FieldFault {
  path: string;
  message: string;
}

/** What every error of this client is. */
export class PbtEdgeError extends Error {
  override name = "PbtEdgeError";
}

/** No answer came, or not all of it: the network failed, or nothing came for too long. */
export class ConnectionError extends PbtEdgeError {
  override name = "ConnectionError";
}

/** Nothing came for `timeoutMs`. */
export class TimeoutError extends ConnectionError {
  override name = "TimeoutError";
}

/**
 * A stream broke off before its end. The server reads the model's answer to its end all the same:
 * streaming the same body with the same key gives that answer again, and nothing is paid twice.
 */
export class StreamBrokenError extends ConnectionError {
  override name = "StreamBrokenError";
  readonly executionId: string | null;
  readonly idempotencyKey: string | null;

  constructor(message: string, at: { executionId: string | null; idempotencyKey: string | null }, cause?: unknown) {
    super(message, { cause });
    this.executionId = at.executionId;
    this.idempotencyKey = at.idempotencyKey;
  }
}

/** What the head of an answer says beside its problem. */
export interface AnswerFacts {
  retryAfterMs: number | null;
  isFinal: boolean;
  isOfProxy: boolean;
}

/** The API answered with an error. Its subclasses are the kinds that callers treat differently. */
export class ApiError extends PbtEdgeError {
  override name = "ApiError";
  readonly problem: ProblemDetails;
  readonly status: number;
  readonly code: string;
  /** The faulty fields of the request; empty where none is named. */
  readonly fields: readonly FieldFault[];
  readonly requestId: string | null;
  /** How long the server asks to wait, in ms; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** Whether it is the stored result of an `Idempotency-Key`, which repeating does not change. */
  readonly isFinal: boolean;
  /** Whether something before the server answered in its place. */
  readonly isOfProxy: boolean;

  constructor(problem: ProblemDetails, facts: Partial<AnswerFacts> = {}) {
    super([problem.detail, ...untoldFaults(problem)].join("; "));
    this.problem = problem;
    this.status = problem.status;
    this.code = problem.code;
    this.fields = problem.errors ?? [];
    this.requestId = problem.request_id;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.isFinal = facts.isFinal ?? false;
    this.isOfProxy = facts.isOfProxy ?? false;
  }
}

/** The faults of which the detail does not tell already. */
function untoldFaults({ detail, errors = [] }: ProblemDetails): string[] {
  return errors.filter(({ message }) => !detail.includes(message)).map(({ path, message }) => `${path}: ${message}`);
}

/** 401: the key is missing, unknown, expired or revoked. */
export class AuthenticationError extends ApiError {
  override name = "AuthenticationError";
}

/** 403: the key lacks a scope. */
export class PermissionError extends ApiError {
  override name = "PermissionError";
}

/** 404: it does not exist, or is another tenant's. */
export class NotFoundError extends ApiError {
  override name = "NotFoundError";
}

/** 409 or 412: something else is there already, or changed meanwhile. */
export class ConflictError extends ApiError {
  override name = "ConflictError";
}

/** 400, 413 or 422: the request is at fault; `fields` says where. */
export class ValidationError extends ApiError {
  override name = "ValidationError";
}

/** 402: a budget does not allow the call. */
export class BudgetExceededError extends ApiError {
  override name = "BudgetExceededError";
  /** What the budget has left, in US dollars. */
  readonly remainingUsd: number | null = this.problem.remaining_usd ?? null;
  readonly resetsAt: string | null = this.problem.resets_at ?? null;
}

/** 429: too many requests, or no key of the provider has room in time. */
export class RateLimitError extends ApiError {
  override name = "RateLimitError";
}

/** 502, 503 or 504: the provider failed, is overloaded or was too slow. */
export class ProviderError extends ApiError {
  override name = "ProviderError";
}

const BY_CODE: Readonly<Record<string, typeof ApiError>> = {
  authentication_error: AuthenticationError,
  permission_error: PermissionError,
  not_found: NotFoundError,
  conflict: ConflictError,
  precondition_failed: ConflictError,
  validation_error: ValidationError,
  bad_request: ValidationError,
  payload_too_large: ValidationError,
  budget_exceeded: BudgetExceededError,
  rate_limit_error: RateLimitError,
  provider_error: ProviderError,
  provider_overloaded: ProviderError,
  timeout: ProviderError,
};

/** The codes of statuses, for answers without one: those of drop-in doors and of proxies. */
const BY_STATUS: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "authentication_error",
  402: "budget_exceeded",
  403: "permission_error",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  412: "precondition_failed",
  413: "payload_too_large",
  422: "validation_error",
  429: "rate_limit_error",
  502: "provider_error",
  503: "provider_overloaded",
  504: "timeout",
};

/** The error of a problem, in the class of its code. */
export function errorOfProblem(problem: ProblemDetails, facts: Partial<AnswerFacts> = {}): ApiError {
  const Kind = Object.hasOwn(BY_CODE, problem.code) ? (BY_CODE[problem.code] ?? ApiError) : ApiError;
  return new Kind(problem, facts);
}

/** The error of a response, read to its end. `now` is in ms, for a `Retry-After` that is a date. */
export async function errorOfResponse(response: Response, now: number): Promise<ApiError> {
  const text = await response.text();
  const said = problemIn(text);
  const code = BY_STATUS[response.status] ?? "internal_error";
  const isPage = /^text\/html\b/.test(response.headers.get("content-type") ?? "");
  const problem: ProblemDetails = {
    type: "about:blank",
    title: response.statusText,
    detail:
      isPage || text === ""
        ? `the server answered ${response.status}${isPage ? " with a page of HTML" : ""}`
        : text.slice(0, 500),
    code,
    request_id: response.headers.get("x-request-id"),
    ...said,
    status: response.status,
  };
  return errorOfProblem(problem, {
    retryAfterMs: retryAfterMs(response.headers.get("retry-after"), now),
    isFinal: response.headers.get("idempotent-replayed") === "true",
    isOfProxy: response.status >= 500 && !(response.headers.get("content-type") ?? "").includes("json"),
  });
}

/** A `Retry-After` in ms: its seconds, or the time until its date. Null where it is neither. */
export function retryAfterMs(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** What a body says of its error: a problem, or the `error` of a provider's wire format. */
function problemIn(text: string): Partial<ProblemDetails> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return {};
  }
  if (!isObject(body)) return {};
  if (typeof body["code"] === "string" && typeof body["detail"] === "string") return body;
  const error = body["error"];
  return isObject(error) && typeof error["message"] === "string" ? { detail: error["message"] } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
