import type { CallRecord } from "./call-record.ts";

/** The counts of one API key. */
export interface KeyStats {
  calls: number;
  over_limit: number;
  in_flight: number;
  max_concurrent: number;
  prompt_tokens: number;
  completion_tokens: number;
}

/**
 * The counts since the last reset. Statuses, faults and tokens are counted when a call ends; the
 * status "none" is that of calls that ended without headers.
 */
export interface StatsSnapshot {
  total: number;
  over_limit: number;
  in_flight: number;
  max_concurrent: number;
  client_left: number;
  by_provider: Record<string, number>;
  by_status: Record<string, number>;
  by_fault: Record<string, number>;
  by_key: Record<string, KeyStats>;
  /** Requests for a model (`GET /v1/models/{id}`) by key. No other count includes them. */
  checks: Record<string, number>;
}

/** The counters of the log. */
export class CallStats {
  total = 0;
  overLimit = 0;
  #inFlight = 0;
  #maxConcurrent = 0;
  #clientLeft = 0;
  readonly #providers = new Map<string, number>();
  readonly #statuses = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  readonly #keys = new Map<string, KeyStats>();
  readonly #checks = new Map<string, number>();

  /** Counts a call that begins. Returns the number of calls of its key in flight. */
  begin(provider: string, key: string): number {
    this.total++;
    this.#inFlight++;
    this.#maxConcurrent = Math.max(this.#maxConcurrent, this.#inFlight);
    increment(this.#providers, provider);
    const stats = this.#statsOf(key);
    stats.calls++;
    stats.in_flight++;
    stats.max_concurrent = Math.max(stats.max_concurrent, stats.in_flight);
    return stats.in_flight;
  }

  /** Counts a request for a model. Returns the number of such requests of all keys. */
  check(key: string): number {
    increment(this.#checks, key);
    return this.#checks.values().reduce((sum, count) => sum + count, 0);
  }

  /** Counts a call that has ended. */
  end(record: CallRecord): void {
    this.#inFlight--;
    increment(this.#statuses, record.status === null ? "none" : `${record.status}`);
    if (record.fault !== null) increment(this.#faults, record.fault);
    if (record.client_left) this.#clientLeft++;
    const stats = this.#statsOf(record.key);
    stats.in_flight--;
    stats.prompt_tokens += record.prompt_tokens;
    stats.completion_tokens += record.completion_tokens;
    if (!record.over_limit) return;
    this.overLimit++;
    stats.over_limit++;
  }

  /** The counts as plain data. */
  snapshot(): StatsSnapshot {
    return {
      total: this.total,
      over_limit: this.overLimit,
      in_flight: this.#inFlight,
      max_concurrent: this.#maxConcurrent,
      client_left: this.#clientLeft,
      by_provider: Object.fromEntries(this.#providers),
      by_status: Object.fromEntries(this.#statuses),
      by_fault: Object.fromEntries(this.#faults),
      by_key: Object.fromEntries([...this.#keys].map(([key, stats]) => [key, { ...stats }])),
      checks: Object.fromEntries(this.#checks),
    };
  }

  #statsOf(key: string): KeyStats {
    let stats = this.#keys.get(key);
    if (stats === undefined) {
      stats = { calls: 0, over_limit: 0, in_flight: 0, max_concurrent: 0, prompt_tokens: 0, completion_tokens: 0 };
      this.#keys.set(key, stats);
    }
    return stats;
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
