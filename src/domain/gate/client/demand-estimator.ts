/** How far ahead calls are expected, in ms: half a lease's life. */
const AHEAD_MS = 1_000;
/** The half-life of what was observed, in ms. */
const HALF_LIFE_MS = 1_000;
/** The weight of the newest latency in the mean. */
const MEMORY = 0.2;
/** Fewer expected calls than this are not worth holding permits for. */
const MIN_AHEAD = 4;
/** A client asks ahead once it holds less than this part of what it expects. */
const LOW = 1 / 4;

/**
 * Estimates an isolate's demand from its recent callers, so that leases follow it: nothing is held
 * ahead where calls are rare. Times are epoch ms.
 */
export class DemandEstimator {
  #callsPerMs = 0;
  #lastCallAt = 0;
  #latencyMs = 0;

  /** Counts a caller. */
  observeCall(now: number): void {
    // An exponentially decaying count whose integral over time is one for each caller.
    this.#callsPerMs = this.#callsPerMs * this.#decay(now) + Math.LN2 / HALF_LIFE_MS;
    this.#lastCallAt = Math.max(this.#lastCallAt, now);
  }

  /** Counts the latency of a call that ended. */
  observeLatency(ms: number): void {
    this.#latencyMs = this.#latencyMs === 0 ? ms : this.#latencyMs + MEMORY * (ms - this.#latencyMs);
  }

  /** The calls expected in the next second, or in another time. */
  calls(now: number, ms = AHEAD_MS): number {
    return Math.floor(this.#rate(now) * ms);
  }

  /** How many of the expected calls are in flight at the same time. */
  concurrency(now: number): number {
    return Math.floor(this.#rate(now) * Math.min(this.#latencyMs, AHEAD_MS));
  }

  /**
   * The calls worth holding permits for; 0 where `atLeast` or the estimator's own minimum is not
   * reached.
   */
  ahead(now: number, atLeast = 0): number {
    const calls = this.calls(now);
    return calls < Math.max(atLeast, MIN_AHEAD) ? 0 : calls;
  }

  /** Whether to ask ahead of callers, with permits for `held` calls. */
  runsLow(held: number, now: number, atLeast = 0): boolean {
    return held < this.ahead(now, atLeast) * LOW;
  }

  /** The calls that one slot serves one after the other in a time, and one more. */
  callsPerSlot(ms: number): number {
    return 1 + Math.ceil(ms / Math.max(1, this.#latencyMs === 0 ? ms : this.#latencyMs));
  }

  /** Milliseconds since the last caller. */
  idleMs(now: number): number {
    return now - this.#lastCallAt;
  }

  #rate(now: number): number {
    return this.#callsPerMs * this.#decay(now);
  }

  #decay(now: number): number {
    return 0.5 ** (Math.max(0, now - this.#lastCallAt) / HALF_LIFE_MS);
  }
}
