import type { RateLimitFacts } from "./gate/rate-limit-facts.ts";
import type { RateLimits } from "./gate/rate-limit-headers.ts";

/** The wire's error codes with the HTTP status each one answers with (docs: the "errors" part of the HTTP contract). */
export const ERROR_STATUS = {
  bad_request: 400,
  authentication_error: 401,
  budget_exceeded: 402,
  permission_error: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  validation_error: 422,
  rate_limit_error: 429,
  internal_error: 500,
  provider_error: 502,
  provider_overloaded: 503,
  timeout: 504,
} as const;

/** One of the wire's error codes. */
export type ErrorCode = keyof typeof ERROR_STATUS;

/** One fault of the input: `path` is dotted as the caller wrote it (`variables.product`), `message` is for a person. */
export interface FieldError {
  path: string;
  message: string;
}

/** What an {@link AppError} may carry beside its code and detail. */
export interface AppErrorOptions {
  errors?: FieldError[];
  /** Whether the same call may succeed later, or elsewhere (another key, another model). */
  retryable?: boolean;
  /** Milliseconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterMs?: number;
  /** The limits that a refusal rests on, for the reply's headers. */
  limits?: RateLimits;
  /** What the provider's response said of its key's limits, where the error is a provider's. */
  providerLimits?: RateLimitFacts;
  /** The provider refused the key itself: it is wrong, or its account is empty. Another key may do. */
  keyFault?: "credentials" | "quota";
  cause?: unknown;
}

/** The one error type: thrown anywhere, mapped to `application/problem+json` in one place. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly errors: FieldError[] | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly limits: RateLimits | undefined;
  readonly providerLimits: RateLimitFacts | undefined;
  readonly keyFault: "credentials" | "quota" | undefined;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.status = ERROR_STATUS[code];
    this.detail = detail;
    this.errors = options.errors;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.limits = options.limits;
    this.providerLimits = options.providerLimits;
    this.keyFault = options.keyFault;
  }

  /** The same error, with what the provider's response said of its key's limits. */
  withProviderLimits(providerLimits: RateLimitFacts): AppError {
    const { errors, retryable, retryAfterMs, limits, keyFault, cause } = this;
    const options = { errors, retryable, retryAfterMs, limits, keyFault, cause };
    return new AppError(this.code, this.detail, { ...options, providerLimits });
  }
}

/** Turns whatever was thrown into an AppError: an unforeseen fault becomes `internal_error` with this detail. */
export function toAppError(error: unknown, detail = "The execution failed."): AppError {
  return error instanceof AppError ? error : new AppError("internal_error", detail, { cause: error });
}

/** A 404 in the words that missing and foreign objects share, so that the two cannot be told apart. */
export function notFound(what: string): AppError {
  return new AppError("not_found", `No such ${what}.`);
}

/** A 422 that names every field at fault. */
export function invalid(errors: FieldError[], detail?: string): AppError {
  const summary = detail ?? errors.map((error) => `${error.path}: ${error.message}`).join("; ");
  return new AppError("validation_error", summary, { errors });
}
