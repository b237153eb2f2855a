import type { Attempt } from "../../domain/completions/attempt.ts";
import { type AppError, toAppError } from "../../domain/errors.ts";

/**
 * No candidate could answer. Carries the last candidate's error and every attempt that was made.
 */
export class CompletionFailed extends Error {
  readonly error: AppError;
  readonly attempts: readonly Attempt[];
  /** What the last attempt said, where it gave a whole answer that was rejected. */
  readonly text: string | null;
  /** Whether the reason lies with this caller, so that others who ask the same may fare better. */
  readonly isOwn: boolean;

  constructor(error: AppError, attempts: readonly Attempt[], text: string | null = null, isOwn = false) {
    super(error.detail, { cause: error });
    this.error = error;
    this.attempts = attempts;
    this.text = text;
    this.isOwn = isOwn;
  }
}

/** Whatever ended a completion, as a CompletionFailed: what is none had made no attempt. */
export function toCompletionFailed(thrown: unknown, detail?: string): CompletionFailed {
  return thrown instanceof CompletionFailed ? thrown : new CompletionFailed(toAppError(thrown, detail), []);
}
