import { AppError } from "../domain/errors.ts";
import {
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ValidationError,
} from "../client/index.ts";
import { isStillRunning } from "../client/retries.ts";
import { Interrupted } from "./io.ts";

/** The command was called wrongly. The message says what to do instead. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The command was called rightly, and what it was to do failed. The message says why. */
export class CommandFailure extends Error {
  override name = "CommandFailure";
}

/**
 * As dbt's: 1 for what failed by the server's word or a check, 2 for what crashed or was called
 * wrongly.
 */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof ApiError || error instanceof CommandFailure || error instanceof AppError ? 1 : 2;
}

/** The lines that tell a person of an error: what happened, and what to do next. */
export function explainError(error: unknown): { message: string; hint: string | null } {
  if (error instanceof Interrupted) return { message: "interrupted", hint: null };
  if (error instanceof AppError) return { message: faultsOf(error), hint: null };
  return { message: error instanceof Error ? error.message : String(error), hint: hintOf(error) };
}

/** The faults of a file that was checked on this machine, each with its path. */
export function faultsOf({ detail, errors }: AppError): string {
  const faults = (errors ?? []).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return faults.length > 0 ? faults.join("; ") : detail;
}

function hintOf(error: unknown): string | null {
  if (error instanceof AuthenticationError) return "Run `pbt-edge login`, or set PBT_EDGE_KEY to a key of this server.";
  if (error instanceof PermissionError) return "Ask for a key with this scope, or make one: `pbt-edge keys create`.";
  if (error instanceof BudgetExceededError)
    return "`pbt-edge budget` shows what is left, `pbt-edge budget set` raises it.";
  if (error instanceof RateLimitError) return "Try again later; `pbt-edge doctor` shows how the limits stand.";
  if (isStillRunning(error)) return "It goes on by itself: `pbt-edge tail` shows it once it has ended.";
  if (error instanceof ConflictError) return hintOfConflict(error);
  if (error instanceof NotFoundError) return hintOfMissing(error);
  if (error instanceof ValidationError) return hintOfVariables(error);
  if (error instanceof ConnectionError) return "Is the server running there? `pbt-edge doctor` tells what it finds.";
  return null;
}

/** Where to see what another has changed. Other conflicts are told whole in the server's words. */
function hintOfConflict({ status, problem }: ConflictError): string | null {
  if (status !== 412 && !/ while /.test(problem.detail)) return null;
  return /chain/i.test(problem.detail)
    ? "Somebody changed it meanwhile: see `pbt-edge chain history <name>`."
    : "Somebody changed it meanwhile: see `pbt-edge diff` or `pbt-edge history` (`pbt-edge chain history` of a chain).";
}

/** Where to look for what does not exist; its kind is in the server's words. */
function hintOfMissing({ problem }: NotFoundError): string | null {
  if (/chain (?:version|label)/i.test(problem.detail))
    return "`pbt-edge chain history <name>` shows versions and labels.";
  if (/chain/i.test(problem.detail))
    return "`pbt-edge chain list` shows what is stored; `pbt-edge chain push` stores one.";
  if (/version|label/i.test(problem.detail)) return "`pbt-edge history <name>` shows versions and labels.";
  if (/prompt/i.test(problem.detail))
    return "`pbt-edge list` shows what is stored; `pbt-edge push` stores the project.";
  return null;
}

/** How variables that are missing are given. */
function hintOfVariables({ fields }: ValidationError): string | null {
  const missing = fields.flatMap(({ path, message }) => {
    const [, name] = /^variables\.([^.]+)$/.exec(path) ?? [];
    return name !== undefined && /required/.test(message) ? [`--var ${name}=…`] : [];
  });
  return missing.length === 0 ? null : `Give what is missing: ${missing.join(" ")}`;
}
