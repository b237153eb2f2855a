import { DOORS, doorOfPath } from "../domain/doors/doors.ts";
import { isOutage } from "../domain/outage.ts";
import { AppError, type BudgetFacts, type FieldError, toAppError } from "../domain/errors.ts";
import { ExecutionFailed } from "../services/executions/execute-result.ts";
import { describeError } from "../telemetry/log.ts";
import type { AppContext } from "./context.ts";
import { doorHeadersOf } from "./door-headers.ts";
import { noteFault } from "./log-requests.ts";
import { noteLimits, noteRefusal } from "./rate-limits.ts";

/**
 * The body of an error response (RFC 9457 Problem Details with `code`, `request_id` and `errors`).
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  errors?: FieldError[];
  /** What the budget that refused the call has left, in US dollars, and when it is full again. */
  remaining_usd?: number;
  resets_at?: string;
}

/** Converts an error to its response body. */
export function toProblem(error: AppError, requestId: string): Problem {
  return {
    type: "about:blank",
    title: error.code.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase()),
    status: error.status,
    detail: error.detail,
    code: error.code,
    request_id: requestId,
    ...(error.errors ? { errors: error.errors } : {}),
    ...(error.budget ? budgetMembers(error.budget) : {}),
  };
}

function budgetMembers({ remaining_nanousd, resets_at }: BudgetFacts) {
  return { remaining_usd: remaining_nanousd / 1e9, resets_at: new Date(resets_at).toISOString() };
}

/**
 * Turns every thrown error into a response. An unexpected one is noted for the log and answered
 * with a bare 500.
 */
export function onError(thrown: unknown, c: AppContext): Response {
  const error = presentableError(thrown, c);
  const note = error.status === 429 ? noteRefusal : noteLimits;
  note(c, error.limits);
  const { status, body, headers: own } = bodyOf(error, c);
  const headers = new Headers(own);
  if (error.retryAfterMs !== undefined) {
    // A wait of 0 would ask clients to come back at once.
    headers.set("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  }
  if (error.allow) headers.set("allow", error.allow.join(", "));
  if (error.code === "authentication_error") headers.set("www-authenticate", 'Bearer realm="pbt-edge"');
  if (thrown instanceof ExecutionFailed) {
    headers.set("x-pbt-execution-id", thrown.execution.id);
    headers.set("x-pbt-attempts", String(thrown.execution.attempts));
    if (thrown.replayed) headers.set("idempotent-replayed", "true");
  }
  return new Response(body, { status, headers });
}

/** The body of an error: a problem, or at a door what its wire format has in place of one. */
function bodyOf(error: AppError, c: AppContext): { status: number; body: string; headers: Record<string, string> } {
  const requestId = c.var.request_id;
  const door = doorOfPath(c.req.path, c.req.header("anthropic-version"));
  if (!door) {
    const headers = { "content-type": "application/problem+json" };
    return { status: error.status, body: JSON.stringify(toProblem(error, requestId)), headers };
  }
  const { status, headers, body } = DOORS[door].error(error, requestId);
  const { relayed } = error;
  const told = relayed?.door === door ? relayed : { status, body: JSON.stringify(body) };
  return {
    status: told.status,
    body: told.body,
    headers: { "content-type": "application/json", ...doorHeadersOf(c, door), ...headers },
  };
}

/** The error that the caller may see. */
function presentableError(thrown: unknown, c: AppContext): AppError {
  // Nothing is wrong now, and the caller has to decide.
  if (thrown instanceof ExecutionFailed && thrown.execution.status === "unknown") return thrown.error;
  const cause = thrown instanceof ExecutionFailed ? thrown.error : thrown;
  const error = toAppError(
    cause instanceof AppError && cause.code === "internal_error" ? (cause.cause ?? cause) : cause,
  );
  const said = describeError(error.cause ?? error);
  if (isOutage(error.cause)) noteFault(c, "storage_outage", said);
  if (error.code !== "internal_error") return error;
  noteFault(c, "unexpected", said);
  return new AppError("internal_error", "Something went wrong on our side. Quote the request_id when you report it.");
}
