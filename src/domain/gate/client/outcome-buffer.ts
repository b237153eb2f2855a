import type { CallOutcome } from "../protocol/messages.ts";

/** Calls of a key and a model that passed, and their mean times. */
type Passes = Omit<Extract<CallOutcome, { kind: "passed" }>, "kind" | "version">;

/** Sums of passes that are kept at most: those of free calls may wait for long. */
const MAX_PASSES = 64;

/**
 * Outcomes that the gate has not heard of. Passes are summed up by key and model; everything else
 * is kept one by one, in order.
 */
export class OutcomeBuffer {
  #outcomes: CallOutcome[] = [];

  addPass(key: string, model: string, latency_ms: number, ttft_ms: number): void {
    this.addPasses({ key, model, calls: 1, latency_ms, ttft_ms });
  }

  /** The same for several calls, with their mean times. */
  addPasses({ key, model, calls, latency_ms, ttft_ms }: Passes): void {
    const last = this.#outcomes.findLast((outcome) => outcome.key === key && outcome.model === model);
    if (last?.kind !== "passed") {
      if (this.#outcomes.length >= MAX_PASSES) this.#dropOldestPass();
      this.#outcomes.push({ kind: "passed", key, model, calls, latency_ms, ttft_ms });
      return;
    }
    last.calls += calls;
    last.latency_ms += ((latency_ms - last.latency_ms) * calls) / last.calls;
    last.ttft_ms += ((ttft_ms - last.ttft_ms) * calls) / last.calls;
  }

  add(outcome: Exclude<CallOutcome, { kind: "passed" }>): void {
    this.#outcomes.push(outcome);
  }

  #dropOldestPass(): void {
    const oldest = this.#outcomes.findIndex(({ kind }) => kind === "passed");
    if (oldest >= 0) this.#outcomes.splice(oldest, 1);
  }

  /** Whether there are outcomes other than passes, which other Workers should learn of soon. */
  isUrgent(): boolean {
    return this.#outcomes.some(({ kind }) => kind !== "passed");
  }

  /** Removes and returns all outcomes. */
  take(): CallOutcome[] {
    const taken = this.#outcomes;
    this.#outcomes = [];
    return taken;
  }
}
