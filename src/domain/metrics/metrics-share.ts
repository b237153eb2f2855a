import { byLane, type Lane } from "../lane.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { liveTotals, type LiveTotals, noTotals, totalsSince } from "./live-totals.ts";
import type {
  IsolateGauges,
  LiveReading,
  LiveSlot,
  MetricsFlush,
  MetricsFlushed,
  MetricsReading,
} from "./metrics-messages.ts";
import { type MetricsDelta, MetricCounts } from "./metric-counts.ts";

/** How often isolates flush: while somebody watches, and otherwise, ms. */
export const FLUSH_MS = { watched: 250, otherwise: 5_000 };
/** An isolate that says nothing for so many of its pauses has nothing under way. */
const SILENT_PAUSES = 3;
/** A follower that does not ask for this long has left, ms. */
const FOLLOWER_MS = 5_000;
/** Live streams of a tenant at a time. */
const MAX_FOLLOWERS = 20;
/** Isolates that are known at a time. */
const MAX_ISOLATES = 1_000;
/** A slot of the last minutes, ms, and how many are kept. */
export const SLOT_MS = 5_000;
const MAX_SLOTS = 60;
/**
 * How often counts are stored, ms, and for how long after they were last read, as slots are kept.
 */
const STORE_EVERY_MS = 60_000;
const READ_FOR_MS = 24 * 3_600_000;

/** An isolate as it was last heard of. */
interface HeardIsolate {
  isolate: string;
  id: number;
  at: number;
  gauges: IsolateGauges;
}

/** What of a share is stored, so that an eviction loses a minute at most. Times in Unix ms. */
export interface StoredShare {
  counted: MetricsDelta;
  /** The id of the last flush of each isolate. */
  heard: Record<string, number>;
  read_at: number;
}

/**
 * A share of the metrics of a tenant or of the deployment. A flush that is sent again counts once.
 * Counts may begin anew at zero, which Prometheus understands.
 */
export class MetricsShare {
  readonly #counts = new MetricCounts();
  readonly #isolates = new LruMap<string, HeardIsolate>({ maxEntries: MAX_ISOLATES });
  readonly #followers = new Map<string, number>();
  #slots: LiveSlot[] = [];
  #slot = { number: 0, before: noTotals() };
  #readAt = -Infinity;
  #storedAt = -Infinity;
  #hasNews = false;

  constructor(stored: StoredShare | null) {
    if (!stored) return;
    this.#counts.merge(stored.counted);
    this.#readAt = stored.read_at;
    this.#slot.before = this.#totals();
    for (const [isolate, id] of Object.entries(stored.heard)) {
      this.#isolates.set(isolate, { isolate, id, at: 0, gauges: {} });
    }
  }

  /** Adds what an isolate counted, unless it was added before. */
  flush({ isolate, id, delta, gauges }: MetricsFlush, now: number): MetricsFlushed {
    const heard = this.#isolates.get(isolate);
    this.#beginSlot(now);
    if (!heard || heard.id < id) {
      this.#counts.merge(delta);
      this.#hasNews = true;
    }
    this.#isolates.set(isolate, { isolate, id: Math.max(id, heard?.id ?? 0), at: now, gauges });
    this.#forgetFollowers(now);
    return { flush_ms: this.#followers.size > 0 ? FLUSH_MS.watched : FLUSH_MS.otherwise };
  }

  /** All that is known. What is read is stored from then on. */
  read(now: number): MetricsReading {
    this.#readAt = now;
    const lags = this.#speaking(now).map(({ gauges }) => gauges.ledger_lag_ms ?? 0);
    return { counted: this.#counts.read(), active: this.#active(now), ledger_lag_ms: Math.max(0, ...lags) };
  }

  /** What a follower is shown; null where there are too many. */
  watch(follower: string, withHistory: boolean, now: number): LiveReading | null {
    this.#forgetFollowers(now);
    if (!this.#followers.has(follower) && this.#followers.size >= MAX_FOLLOWERS) return null;
    this.#followers.set(follower, now);
    this.#readAt = now;
    this.#beginSlot(now);
    return { totals: this.#totals(), active: this.#active(now), slots: withHistory ? this.#slots : [] };
  }

  /** What is to be stored now, if anything. */
  takeSnapshot(now: number): StoredShare | null {
    if (!this.#isRead(now) || !this.#hasNews || now - this.#storedAt < STORE_EVERY_MS) return null;
    this.#storedAt = now;
    this.#hasNews = false;
    const heard = Object.fromEntries([...this.#isolates.values()].map(({ isolate, id }) => [isolate, id]));
    return { counted: this.#counts.read(), heard, read_at: this.#readAt };
  }

  /**
   * Whether somebody has read it lately. For nobody, counts are neither stored nor told apart by
   * time.
   */
  #isRead(now: number): boolean {
    return now - this.#readAt <= READ_FOR_MS;
  }

  #totals(): LiveTotals {
    return liveTotals(this.#counts.read());
  }

  /** Keeps what came in the slot that is over, before anything is added to the next one. */
  #beginSlot(now: number): void {
    const number = Math.floor(now / SLOT_MS);
    if (number === this.#slot.number || !this.#isRead(now)) return;
    const totals = this.#totals();
    const increments = totalsSince(totals, this.#slot.before);
    if (increments.some((value) => value > 0)) this.#slots.push({ number: this.#slot.number, increments });
    this.#slots = this.#slots.filter((slot) => slot.number >= number - MAX_SLOTS);
    this.#slot = { number, before: totals };
  }

  #speaking(now: number): HeardIsolate[] {
    const silentMs = ({ pause_ms = 0 }: IsolateGauges) => SILENT_PAUSES * Math.max(FLUSH_MS.otherwise, pause_ms);
    return [...this.#isolates.values()].filter(({ at, gauges }) => now - at < silentMs(gauges));
  }

  #active(now: number): Record<Lane, number> {
    const speaking = this.#speaking(now);
    return byLane((lane) => speaking.reduce((sum, { gauges }) => sum + (gauges.active?.[lane] ?? 0), 0));
  }

  #forgetFollowers(now: number): void {
    for (const [follower, at] of this.#followers) if (now - at > FOLLOWER_MS) this.#followers.delete(follower);
  }
}

/** What the shares of a tenant know together. */
export function mergeReadings(readings: readonly MetricsReading[]): MetricsReading {
  const counts = new MetricCounts();
  for (const { counted } of readings) counts.merge(counted);
  return {
    counted: counts.read(),
    active: byLane((lane) => readings.reduce((sum, { active }) => sum + active[lane], 0)),
    ledger_lag_ms: Math.max(0, ...readings.map(({ ledger_lag_ms }) => ledger_lag_ms)),
  };
}
