import { type CallOpening, type CallRecord, newRecord } from "./call-record.ts";
import { CallStats, type StatsSnapshot } from "./call-stats.ts";

/** The number of calls that the log keeps. It drops the oldest records, but not their totals. */
export const LOG_CAPACITY = 200_000;

/** A page of the log. `total` and `over_limit` count all calls since the last reset. */
export interface CallPage {
  total: number;
  over_limit: number;
  calls: CallRecord[];
}

/** The bounded log of all calls. */
export class CallLog {
  readonly #clock: () => number;
  #records: CallRecord[] = [];
  #stats = new CallStats();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Logs a call that begins. The caller completes the returned record while the call goes on. */
  open(opening: CallOpening): CallRecord {
    const concurrent = this.#stats.begin(opening.provider, opening.key);
    const record = newRecord(opening, this.#stats.total, this.#clock(), concurrent);
    this.#records.push(record);
    if (this.#records.length >= LOG_CAPACITY * 2) this.#records = this.#records.slice(-LOG_CAPACITY);
    return record;
  }

  /**
   * Counts a request for a model. It is not a call: only the stats' `checks` count it, and the
   * returned record is not kept.
   */
  check(opening: CallOpening): CallRecord {
    return newRecord(opening, this.#stats.check(opening.key), this.#clock(), 0);
  }

  /** Ends a call. Ending it again has no effect. */
  settle(record: CallRecord): void {
    if (record.ended_at !== null) return;
    record.ended_at = this.#clock();
    this.#stats.end(record);
  }

  /** Copies of the calls after the one numbered `since`, oldest first, at most `limit`. */
  page(since = 0, limit = LOG_CAPACITY): CallPage {
    const kept = this.#records.slice(-LOG_CAPACITY);
    const first = kept.findIndex((record) => record.seq > since);
    const calls = first < 0 ? [] : kept.slice(first, first + limit).map((record) => ({ ...record }));
    return { total: this.#stats.total, over_limit: this.#stats.overLimit, calls };
  }

  /** The counts since the last reset. */
  stats(): StatsSnapshot {
    return this.#stats.snapshot();
  }

  /** Drops the records and keeps the totals. */
  clear(): void {
    this.#records = [];
  }

  /** Drops the records and the totals. Calls in flight are no longer counted. */
  reset(): void {
    for (const record of this.#records) record.ended_at ??= this.#clock();
    this.#records = [];
    this.#stats = new CallStats();
  }
}
