import { AppError, type AppErrorOptions } from "../../domain/errors.ts";

/**
 * Returns an AppError as it is, and anything else as an `internal_error` with this detail whose
 * cause is what was thrown.
 */
export function asAppError(thrown: unknown, detail: string, options: Omit<AppErrorOptions, "cause"> = {}): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError("internal_error", detail, { ...options, cause: thrown });
}
