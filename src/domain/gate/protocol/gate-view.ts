import type { Lane } from "../../lane.ts";
import type { KeyStrategy } from "./key-strategy.ts";

/** What a breaker lets through: everything, nothing, or one probe at a time. */
export type BreakerState = "closed" | "open" | "half_open";

/** A limit and how much of it is used; `limit` is null where there is none. */
export interface BucketView {
  limit: number | null;
  used: number;
}

/** The breaker of a key for one model. */
export interface BreakerView {
  model: string;
  state: BreakerState;
  /**
   * Passes in a row of those that close the breaker: of checks while open, of calls while half
   * open.
   */
  passes: number;
  /** Null where no check is due. */
  check_in_ms: number | null;
  /** How long the model's own limit still rests it; absent where none does, and in older views. */
  cool_in_ms?: number;
}

/** A key without its secret. */
export interface KeyView {
  name: string;
  weight: number;
  status: "ok" | "cooling" | "parked";
  parked_for: "credentials" | "quota" | null;
  /** Milliseconds until the key may be used; 0 where it may be used now. */
  ready_in_ms: number;
  requests: BucketView;
  tokens: BucketView;
  concurrency: BucketView;
  ttft_ms: number | null;
  latency_ms: number | null;
  breakers: BreakerView[];
}

/** A lane now. `concurrency` is its present target. */
export interface LaneView {
  concurrency: number;
  in_flight: number;
  waiting: number;
  oldest_wait_ms: number;
}

/** A gate now. */
export interface GateView {
  strategy: KeyStrategy;
  /** Concurrency of executions over all keys, and of test runs, which have a limit of their own. */
  concurrency: BucketView;
  tests: BucketView;
  keys: KeyView[];
  lanes: Record<Lane, LaneView>;
  leases: number;
}
