import { AppError } from "../../domain/errors.ts";
import { startDeadline, startPatientTimer } from "../../lib/deadline.ts";

/**
 * Ends a call to a provider that is silent for too long, or lasts too long as a whole. Its signal
 * also follows the signal of the execution. Clear it once the call is over.
 */
export class SilenceWatch {
  readonly signal: AbortSignal;
  readonly #execution: AbortSignal;
  readonly #provider: string;
  readonly #silence = new AbortController();
  readonly #whole: ReturnType<typeof startDeadline>;
  #limitMs: number;
  /** Counts the signs of life, so that a running timer knows whether one came since it began. */
  #signs = 0;
  #stopTimer: (() => void) | undefined;
  #isCleared = false;

  constructor(execution: AbortSignal, longestMs: number, provider: string) {
    this.#execution = execution;
    this.#provider = provider;
    this.#limitMs = longestMs;
    this.#whole = startDeadline(longestMs, () => this.#late(longestMs));
    this.signal = AbortSignal.any([execution, this.#whole.signal, this.#silence.signal]);
  }

  /** What ended the call: its deadline (or the execution's), a silence, or nothing so far. */
  get endedBy(): "deadline" | "silence" | null {
    if (this.#execution.aborted || this.#whole.signal.aborted) return "deadline";
    return this.#silence.signal.aborted ? "silence" : null;
  }

  /**
   * Notes a sign of life: the next one must come within `ms`. Cheap while the limit is the same.
   */
  expectWithin(ms: number): void {
    if (this.#isCleared) return;
    this.#signs += 1;
    if (this.#stopTimer !== undefined && ms === this.#limitMs) return;
    this.#stopTimer?.();
    this.#limitMs = ms;
    this.#arm();
  }

  /** Ends the call with `reason`, as a silence does. */
  giveUp(reason: AppError): void {
    if (!this.#isCleared) this.#silence.abort(reason);
  }

  clear(): void {
    this.#isCleared = true;
    this.#stopTimer?.();
    this.#whole.clear();
  }

  #arm(): void {
    const [seen, limit] = [this.#signs, this.#limitMs];
    this.#stopTimer = startPatientTimer(limit, () => {
      if (this.#signs === seen) this.#silence.abort(this.#late(limit));
      else this.#arm();
    });
  }

  #late(ms: number): AppError {
    return new AppError("timeout", `${this.#provider} did not answer within ${ms} ms.`, { retryable: true });
  }
}
