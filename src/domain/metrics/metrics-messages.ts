import type { Lane } from "../lane.ts";
import type { LiveTotals } from "./live-totals.ts";
import type { MetricsDelta } from "./metric-counts.ts";

/** What is so in an isolate now. Absent in part from other versions. */
export interface IsolateGauges {
  /** Executions under way. */
  active?: Partial<Record<Lane, number>>;
  /** Age of the oldest record that is not written, ms. */
  ledger_lag_ms?: number;
  /** After how long it flushes again if something happens, ms. */
  pause_ms?: number;
}

/** What an isolate counted since its last flush. A flush that is sent again has the same id. */
export interface MetricsFlush {
  isolate: string;
  /** Rises with each flush of the isolate. */
  id: number;
  delta: MetricsDelta;
  gauges: IsolateGauges;
}

/** When an isolate should flush again, ms. */
export interface MetricsFlushed {
  flush_ms: number;
}

/** All that an object knows. */
export interface MetricsReading {
  counted: MetricsDelta;
  active: Record<Lane, number>;
  ledger_lag_ms: number;
}

/** What came in a slot of time, which has a number since the epoch. */
export interface LiveSlot {
  number: number;
  increments: LiveTotals;
}

/** What an object tells a live stream. */
export interface LiveReading {
  totals: LiveTotals;
  active: Record<Lane, number>;
  /** The last minutes, the oldest first; empty unless asked for. */
  slots: LiveSlot[];
}

/** A share of the metrics of a tenant or of the deployment. */
export interface MetricsObject {
  flush(flush: MetricsFlush): Promise<MetricsFlushed>;
  read(): Promise<MetricsReading>;
  /**
   * What is new, for the stream of a follower, which is forgotten a few seconds later. Null where
   * there are too many followers.
   */
  watch(follower: string, withHistory: boolean): Promise<LiveReading | null>;
}
