import type { ProviderName } from "../../src/domain/completions/completion.ts";
import { CallStats } from "./call-stats.ts";
import type { StatsSnapshot } from "./call-stats.ts";
import type { Fault } from "./profile.ts";

/** Calls that the log keeps; older ones go, the totals stay. */
export const LOG_CAPACITY = 200_000;

/** One call as the provider saw it: the ground truth that a gateway's own books are compared with. Times are ms of the mock's clock. */
export interface CallRecord {
  /** 1 for the first call since the start or the last reset. */
  seq: number;
  at: number;
  /** Null while the call goes on. */
  ended_at: number | null;
  provider: ProviderName;
  path: string;
  /** The API key as it was sent; empty when there was none. */
  key: string;
  model: string;
  stream: boolean;
  /** Null when no headers were sent. */
  status: number | null;
  /** The fault that was played; "status" for an error status that a profile asked for. */
  fault: Fault | "status" | null;
  /** Refused because the key was over one of its limits. */
  over_limit: boolean;
  prompt_tokens: number;
  /** Tokens of the text that was sent, whatever the usage in the answer claimed. */
  completion_tokens: number;
  /** The client disconnected before the end. */
  client_left: boolean;
  request_id: string;
  body_sha256: string;
  idempotency_key?: string;
  /** Items of the provider batch that this call created. */
  batch_items?: number;
  /** Calls of the same key in flight when this one began, itself included. */
  concurrent: number;
}

/** What is known of a call when it arrives. */
export type CallOpening = Pick<
  CallRecord,
  "provider" | "path" | "key" | "request_id" | "body_sha256" | "idempotency_key"
>;

/** A page of the log. `total` and `over_limit` count everything since the last reset. */
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

  /** The number of the next call. */
  get nextSeq(): number {
    return this.#stats.total + 1;
  }

  /** Begins a call; the record is the log's own and is filled in as the call goes on. */
  open(opening: CallOpening): CallRecord {
    const concurrent = this.#stats.begin(opening.provider, opening.key);
    const record = newRecord(opening, this.#stats.total, this.#clock(), concurrent);
    this.#records.push(record);
    if (this.#records.length >= LOG_CAPACITY * 2) this.#records = this.#records.slice(-LOG_CAPACITY);
    return record;
  }

  /** Counts a look at a model. It is no call: the stats have it as a check of its key, nothing else does, and what is noted of it is not kept. */
  check(opening: CallOpening): CallRecord {
    return newRecord(opening, this.#stats.check(opening.key), this.#clock(), 0);
  }

  /** Ends a call; the second time does nothing. */
  settle(record: CallRecord): void {
    if (record.ended_at !== null) return;
    record.ended_at = this.#clock();
    this.#stats.end(record);
  }

  /** Copies of the calls after `since`, oldest first, at most `limit`. */
  page(since = 0, limit = LOG_CAPACITY): CallPage {
    const kept = this.#records.slice(-LOG_CAPACITY);
    const first = kept.findIndex((record) => record.seq > since);
    const calls = first < 0 ? [] : kept.slice(first, first + limit).map((record) => ({ ...record }));
    return { total: this.#stats.total, over_limit: this.#stats.overLimit, calls };
  }

  /** Counts since the last reset. */
  stats(): StatsSnapshot {
    return this.#stats.snapshot();
  }

  /** Drops the records and keeps the totals. */
  clear(): void {
    this.#records = [];
  }

  /** Drops the records and the totals; calls still in flight are forgotten. */
  reset(): void {
    for (const record of this.#records) record.ended_at ??= this.#clock();
    this.#records = [];
    this.#stats = new CallStats();
  }
}

function newRecord(opening: CallOpening, seq: number, at: number, concurrent: number): CallRecord {
  return {
    seq,
    at,
    ended_at: null,
    ...opening,
    model: "",
    stream: false,
    status: null,
    fault: null,
    over_limit: false,
    prompt_tokens: 0,
    completion_tokens: 0,
    client_left: false,
    concurrent,
  };
}
