import { isOutage } from "./outage.ts";
import type { ProviderFact } from "./provider-facts.ts";
import type { RateLimitFacts } from "./rate-limit-facts.ts";
import type { RateLimits } from "./rate-limit-headers.ts";

/** The error codes of the API, each with its HTTP status. */
export const ERROR_STATUS = {
  bad_request: 400,
  authentication_error: 401,
  budget_exceeded: 402,
  permission_error: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  validation_error: 422,
  rate_limit_error: 429,
  internal_error: 500,
  provider_error: 502,
  provider_overloaded: 503,
  timeout: 504,
} as const;

/** One of the API's error codes. */
export type ErrorCode = keyof typeof ERROR_STATUS;

/** One fault of the input. `path` is dotted (`variables.product`); `message` is for a person. */
export interface FieldError {
  path: string;
  message: string;
}

/** The optional facts of an {@link AppError}. */
export interface AppErrorOptions {
  errors?: FieldError[];
  /** Whether the same call may succeed later, with another key or with another model. */
  retryable?: boolean;
  /** Milliseconds until a retry makes sense. Becomes `Retry-After`. */
  retryAfterMs?: number;
  /** The limits behind a refusal, for the response headers. */
  limits?: RateLimits;
  /**
   * The limits of the key in the headers of the provider's response, for an error of a provider.
   */
  providerLimits?: RateLimitFacts;
  /** The HTTP status of the provider's response, for an error of a provider that has one. */
  providerStatus?: number;
  /** What an error of a provider says beyond its own call. */
  fact?: ProviderFact;
  /** What the provider said, for a client of its own wire format that sent the faulty request. */
  relayed?: RelayedError;
  /** Set if the provider turned the call away with an error status: it billed nothing for it. */
  unbilled?: boolean;
  /** The methods that the path has, for an error of a wrong one. */
  allow?: string[];
  /** What the exceeded budget has left, in nano-dollars, and when it is full again, in Unix ms. */
  budget?: BudgetFacts;
  cause?: unknown;
}

/** The body with which a provider refused what a client of a door sent. */
export interface RelayedError {
  door: string;
  status: number;
  /** JSON, without secrets. */
  body: string;
}

/** How the budget stands that refused a call. */
export interface BudgetFacts {
  remaining_nanousd: number;
  resets_at: number;
}

/**
 * The one error type. Any code may throw it; one place maps it to `application/problem+json`. It
 * names at most fifty faults and quotes at most some hundred characters of the input.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly errors: FieldError[] | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly limits: RateLimits | undefined;
  readonly providerLimits: RateLimitFacts | undefined;
  readonly providerStatus: number | undefined;
  readonly fact: ProviderFact | undefined;
  readonly unbilled: boolean;
  readonly allow: string[] | undefined;
  readonly budget: BudgetFacts | undefined;
  readonly relayed: RelayedError | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = ERROR_STATUS[code];
    this.detail = shorten(detail, MAX_DETAIL_LENGTH);
    this.errors = options.errors && boundFaults(options.errors);
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.limits = options.limits;
    this.providerLimits = options.providerLimits;
    this.providerStatus = options.providerStatus;
    this.fact = options.fact;
    this.unbilled = options.unbilled ?? false;
    this.allow = options.allow;
    this.budget = options.budget;
    this.relayed = options.relayed;
  }

  /** The same error with the limits of the key from the provider's response. */
  withProviderLimits(providerLimits: RateLimitFacts): AppError {
    return new AppError(this.code, this.detail, { ...this.#options(), providerLimits });
  }

  /** The same error with what the provider said. */
  withRelayed(relayed: RelayedError): AppError {
    return new AppError(this.code, this.detail, { ...this.#options(), relayed });
  }

  #options(): AppErrorOptions {
    const { errors, retryable, retryAfterMs, limits, providerLimits, providerStatus } = this;
    const { fact, unbilled, cause, relayed } = this;
    const ofProvider = { providerLimits, providerStatus, fact, unbilled, relayed };
    return { errors, retryable, retryAfterMs, limits, ...ofProvider, cause };
  }
}

/** The wait to suggest while storage is out of order, in ms. */
const OUTAGE_RETRY_MS = 2_000;

/**
 * Whatever was thrown, as an {@link AppError}. An AppError stays as it is. An outage of storage
 * becomes a 503 that says when to come back. Anything else becomes an `internal_error` with this
 * detail. What was thrown is the cause.
 */
export function toAppError(
  thrown: unknown,
  detail = "The execution failed.",
  options: Omit<AppErrorOptions, "cause"> = {},
): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isOutage(thrown)) {
    const outage = { retryable: true, retryAfterMs: OUTAGE_RETRY_MS, cause: thrown };
    return new AppError("provider_overloaded", "The storage does not answer at the moment.", outage);
  }
  return new AppError("internal_error", detail, { ...options, cause: thrown });
}

/**
 * A 404 with the same words for a missing object and for one of another tenant, so that they look
 * alike.
 */
export function notFound(what: string): AppError {
  return new AppError("not_found", `No such ${what}.`);
}

/** A 422 that names the faulty fields. */
export function invalid(faults: FieldError[], detail?: string): AppError {
  const summary = detail ?? faults.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return new AppError("validation_error", summary, { errors: faults });
}

/** The most faults that an error names. A body can have a fault in each of its bytes. */
const MAX_FAULTS = 50;
/** The longest path or message of a fault, and the longest detail, in UTF-16 units. */
const MAX_FAULT_LENGTH = 500;
const MAX_DETAIL_LENGTH = 4000;

/** The first faults, cut where they quote the input: an answer never grows with what it refuses. */
function boundFaults(faults: FieldError[]): FieldError[] {
  const named = faults.slice(0, faults.length > MAX_FAULTS + 1 ? MAX_FAULTS : undefined).map(({ path, message }) => ({
    path: shorten(path, MAX_FAULT_LENGTH),
    message: shorten(message, MAX_FAULT_LENGTH),
  }));
  const more = faults.length - named.length;
  return more === 0 ? named : [...named, { path: "", message: `${more} more faults are not named here` }];
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
