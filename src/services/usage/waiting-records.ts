import type { Execution } from "../../domain/executions/execution.ts";
import type { RecordedTimeline } from "../../domain/executions/timeline.ts";
import { type LedgerEntry, toEntry } from "../../domain/ledger/entry.ts";
import { DAY_MS } from "../../domain/ledger/periods.ts";
import { shareOf } from "../../domain/ledger/shares.ts";
import { charactersIn } from "../../lib/characters-in.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { fitRow } from "./fit-record.ts";
import { MAX_WRITE } from "./write-records.ts";

/** What {@link WaitingRecords} needs. */
export interface WaitingRecordsDeps extends Clock {
  /** A call that takes longer, ms, has ended with the request that made it. */
  callMs: number;
  /** Hears of a record that had to make room. */
  onLost(execution: Execution): void;
}

/** An execution's record until it is written. Times in Unix ms. */
export interface WaitingRecord {
  execution: Execution;
  /** Folds what it did when, once a request takes it; undefined once that is done. */
  timeline: (() => RecordedTimeline) | undefined;
  /** Where it belongs: its tenant and share. */
  readonly object: string;
  /** About how many characters it has. */
  readonly size: number;
  /** When its own request writes it, unless another one has. */
  readonly dueAt: number;
  /** Whether a call with intents may take it along. */
  travels: boolean;
  /** When a request began to write it. */
  takenAt: number | null;
  isWritten: boolean;
}

/** Records on their way with a call, which must be settled once the call's end is known. */
export interface Travellers {
  entries: LedgerEntry[];
  settle(areWritten: boolean): void;
}

/** How long a record waits for others that end at the same time, ms. */
const GATHER_MS = 10;
/** How long a record waits for intents that take it along, ms. */
const TRAVEL_WITHIN_MS = 1_000;
/** A record waits for intents only where the last one of its object is younger than this, ms. */
const FREQUENT_MS = 2 * TRAVEL_WITHIN_MS;
/**
 * The most records of an isolate while one may wait for intents: each keeps its request in the
 * memory, and is looked at for each other one.
 */
const MAX_COMPANY = 500;
/**
 * A record waits for intents only where its execution took less, ms: the platform ends a request
 * 30 s after its client left, and that may be right after it began.
 */
const SURE_MS = 28_000;
/** The most characters of records that wait for an object, and that travel in one call. */
const MAX_SIZE = 100_000;
/** About how many characters a record has beside its answer. */
const ENVELOPE = 1_250;
/** Ledger objects that an isolate knows at a time. */
const MAX_OBJECTS = 10_000;
/** The most records that wait in an isolate while neither shares nor the queue take any. */
const MAX_WAITING = 2_000;

/**
 * The records of an isolate that are not written yet. A request takes some, writes them in one
 * call, and settles them. Those that it did not settle, because it was cut off, are free again
 * after a while. A record is written twice then, which does no harm.
 */
export class WaitingRecords {
  readonly #deps: WaitingRecordsDeps;
  /** In the order of their ends. */
  readonly #records = new Set<WaitingRecord>();
  /** When the last execution of each object ended, Unix ms. */
  readonly #lastAt = new LruMap<string, number>({ maxEntries: MAX_OBJECTS });

  constructor(deps: WaitingRecordsDeps) {
    this.#deps = deps;
  }

  add(execution: Execution, timeline?: () => RecordedTimeline): WaitingRecord {
    const now = this.#deps.now();
    const object = nameOf(execution.tenant_id, shareOf(execution.id));
    const size = sizeOf(execution);
    const isFrequent = now - (this.#lastAt.get(object) ?? -Infinity) < FREQUENT_MS;
    this.#lastAt.set(object, now);
    const waits = isFrequent && mayWait(execution, now) && this.#hasRoom(object, size);
    const dueAt = now + (waits ? TRAVEL_WITHIN_MS : GATHER_MS);
    const travels = size <= MAX_SIZE;
    const state = { travels, takenAt: null, isWritten: false };
    const record: WaitingRecord = { execution, timeline, object, size, dueAt, ...state };
    this.#records.add(record);
    this.#dropBeyondRoom();
    return record;
  }

  /**
   * How long ago the oldest execution ended that waits, of a tenant, or of all where it is null,
   * ms.
   */
  lagMs(tenantId: string | null): number {
    for (const { execution } of this.#records) {
      const { tenant_id, created_at, latency_ms } = execution;
      if (tenantId === null || tenant_id === tenantId) return Math.max(0, this.#deps.now() - created_at - latency_ms);
    }
    return 0;
  }

  /** Whether no call is under way with a record that is not written. */
  isFree({ takenAt, isWritten }: WaitingRecord): boolean {
    return !isWritten && (takenAt === null || this.#deps.now() - takenAt > this.#deps.callMs);
  }

  /**
   * Takes a record, others of its object, and those of all objects whose requests should have
   * written them by now.
   */
  takeWith(own: WaitingRecord): WaitingRecord[] {
    const now = this.#deps.now();
    const isMeant = (record: WaitingRecord) => record.object === own.object || record.dueAt < now;
    return this.#take([own], MAX_WRITE, (record) => record !== own && isMeant(record));
  }

  /** Takes all records of a tenant. */
  takeAll(tenantId: string): WaitingRecord[] {
    return this.#take([], Infinity, ({ execution }) => execution.tenant_id === tenantId);
  }

  /**
   * Takes records along with intents for an object. They are few and young, so that they cost the
   * intents no time: for an old one the object may have to look into the archive. Those whose call
   * fails do not travel again.
   */
  takeAlong(tenantId: string, share: number): Travellers {
    const object = nameOf(tenantId, share);
    const since = this.#deps.now() - DAY_MS;
    let room = MAX_SIZE;
    const taken = this.#take([], MAX_WRITE, (record) => {
      const isMeant = record.object === object && record.travels && record.execution.created_at > since;
      if (isMeant) room -= record.size;
      return isMeant && room >= 0;
    });
    const travellers = taken.map((record) => ({ record, entry: entryOf(record) }));
    const settle = (areWritten: boolean) => {
      for (const { record, entry } of travellers) this.settle([record], areWritten && entry !== null);
    };
    return { entries: travellers.flatMap(({ entry }) => entry ?? []), settle };
  }

  /** Says whether records that were taken are written now; they are free again if not. */
  settle(taken: readonly WaitingRecord[], areWritten: boolean): void {
    for (const record of taken) {
      record.takenAt = null;
      if (!areWritten) continue;
      record.isWritten = true;
      this.#records.delete(record);
    }
  }

  #take(taken: WaitingRecord[], most: number, isMeant: (record: WaitingRecord) => boolean): WaitingRecord[] {
    for (const record of this.#records) {
      if (taken.length >= most) break;
      if (this.isFree(record) && isMeant(record)) taken.push(record);
    }
    const now = this.#deps.now();
    for (const record of taken) {
      record.takenAt = now;
      if (record.timeline) record.execution = { ...record.execution, timeline: record.timeline() };
      record.timeline = undefined;
    }
    return taken;
  }

  /**
   * Whether few enough wait, and one call can still carry a record along with those of its object.
   */
  #hasRoom(object: string, size: number): boolean {
    if (this.#records.size >= MAX_COMPANY) return false;
    let [count, sum] = [1, size];
    for (const record of this.#records) {
      if (record.object !== object || !this.isFree(record)) continue;
      count += 1;
      sum += record.size;
    }
    return count < MAX_WRITE && sum <= MAX_SIZE;
  }

  #dropBeyondRoom(): void {
    for (const record of this.#records) {
      if (this.#records.size <= MAX_WAITING) return;
      this.#records.delete(record);
      this.#deps.onLost(record.execution);
    }
  }
}

/**
 * Whether enough is left of an execution and its request. Without a call there is no intent, and
 * nothing would be left if the isolate ended now.
 */
function mayWait({ attempts, created_at }: Execution, now: number): boolean {
  return attempts > 0 && now - created_at < SURE_MS;
}

/**
 * The entry of a record that travels, once; null for one with a fault, which its own write reports.
 */
function entryOf(record: WaitingRecord): LedgerEntry | null {
  record.travels = false;
  try {
    return toEntry(fitRow(record.execution));
  } catch {
    return null;
  }
}

function nameOf(tenantId: string, share: number): string {
  return `${tenantId}/${share}`;
}

function sizeOf({ output, output_json, reasoning, tool_calls, input }: Execution): number {
  const answer = (output?.length ?? 0) * (output_json === undefined ? 1 : 2) + (reasoning?.length ?? 0);
  const calls = tool_calls?.reduce((sum, call) => sum + call.arguments.length, 0) ?? 0;
  return ENVELOPE + answer + calls + (input === undefined ? 0 : charactersIn(input));
}
