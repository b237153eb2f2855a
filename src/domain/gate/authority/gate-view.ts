import type { Lane } from "../../lane.ts";
import type { Breaker, BreakerState } from "./breaker.ts";
import type { KeyStrategy } from "./choose-key.ts";
import { type KeyState, slotsFree } from "./key-pool.ts";
import type { RateWindow } from "./rate-window.ts";

/** A limit and how much of it is used; null where there is none. */
export interface BucketView {
  limit: number | null;
  used: number;
}

/** A key as it may be shown: its name, never its secret. */
export interface KeyView {
  name: string;
  weight: number;
  status: "ok" | "cooling" | "parked";
  parked_for: "credentials" | "quota" | null;
  /** Milliseconds until it may be used again; 0 where it may. */
  ready_in_ms: number;
  requests: BucketView;
  tokens: BucketView;
  concurrency: BucketView;
  ttft_ms: number | null;
  latency_ms: number | null;
  /** `passes` in a row of those that close it: of checks while open, of calls while half open. `check_in_ms` is null where no check is awaited. */
  breakers: { model: string; state: BreakerState; passes: number; check_in_ms: number | null }[];
}

/** A lane at this moment. `concurrency` is what it has been scaled to. */
export interface LaneView {
  concurrency: number;
  in_flight: number;
  waiting: number;
  oldest_wait_ms: number;
}

/** A gate at this moment. */
export interface GateView {
  strategy: KeyStrategy;
  /** Calls at a time of all keys together: executions, and test runs beside them. */
  concurrency: BucketView;
  tests: BucketView;
  keys: KeyView[];
  lanes: Record<Lane, LaneView>;
  leases: number;
}

/** Shows a key. */
export function viewKey(key: KeyState, now: number): KeyView {
  const parked = key.parked_until > now;
  const readyIn = Math.max(0, key.parked_until - now, key.cool_until - now);
  return {
    name: key.limits.name,
    weight: key.limits.weight,
    status: parked ? "parked" : readyIn > 0 ? "cooling" : "ok",
    parked_for: parked ? key.parked_for : null,
    ready_in_ms: readyIn,
    requests: bucket(key.requests, now),
    tokens: bucket(key.tokens, now),
    concurrency: { limit: finite(key.in_flight + slotsFree(key)), used: key.in_flight },
    ttft_ms: rounded(key.ttft_ms),
    latency_ms: rounded(key.latency_ms),
    breakers: [...key.breakers].map(([model, breaker]) => viewBreaker(model, breaker, now)),
  };
}

function viewBreaker(model: string, { state, count, check_at }: Breaker, now: number): KeyView["breakers"][number] {
  const check_in_ms = check_at === null ? null : Math.max(0, check_at - now);
  return { model, state, passes: state === "closed" ? 0 : count, check_in_ms };
}

function bucket(window: RateWindow, now: number): BucketView {
  return { limit: finite(window.limit()), used: window.used(now) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
