import { AppError } from "../../domain/errors.ts";
import { startPatientTimer } from "../../lib/deadline.ts";

/**
 * Ends a call to a provider that is silent for too long, and with the execution, whose signal
 * aborts at its deadline. Clear it once the call is over.
 */
export class SilenceWatch {
  readonly #call = new AbortController();
  readonly #execution: AbortSignal;
  readonly #provider: string;
  #endedBy: "deadline" | "silence" | null = null;
  #limitMs = Infinity;
  /** Counts the signs of life, so that a running timer knows whether one came since it began. */
  #signs = 0;
  #stopTimer: (() => void) | undefined;
  #isCleared = false;

  constructor(execution: AbortSignal, provider: string) {
    this.#execution = execution;
    this.#provider = provider;
    if (execution.aborted) this.#follow();
    else execution.addEventListener("abort", this.#follow);
  }

  /** Aborts when the call is to end. */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** What ended the call: its deadline (or the execution's), a silence, or nothing so far. */
  get endedBy(): "deadline" | "silence" | null {
    return this.#execution.aborted ? "deadline" : this.#endedBy;
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
    if (!this.#isCleared) this.#end("silence", reason);
  }

  clear(): void {
    this.#isCleared = true;
    this.#stopTimer?.();
    this.#execution.removeEventListener("abort", this.#follow);
  }

  readonly #follow = () => this.#end("deadline", this.#execution.reason);

  #end(by: "deadline" | "silence", reason: unknown): void {
    this.#endedBy ??= by;
    this.#call.abort(reason);
  }

  #arm(): void {
    const [seen, limit] = [this.#signs, this.#limitMs];
    this.#stopTimer = startPatientTimer(limit, () => {
      if (this.#signs === seen) this.#end("silence", this.#late(limit));
      else this.#arm();
    });
  }

  #late(ms: number): AppError {
    return new AppError("timeout", `${this.#provider} did not answer within ${ms} ms.`, { retryable: true });
  }
}
