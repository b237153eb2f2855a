import { byLane } from "../../lane.ts";
import type { Breaker } from "./breaker.ts";
import type { GateSettings } from "./gate-settings.ts";
import type { KeyPool } from "./key-pool.ts";
import { type KeyState, slotsFree } from "./key-state.ts";
import type { LaneTargets } from "./lane-targets.ts";
import type { LeaseLedger } from "./lease-ledger.ts";
import type { PendingRequests } from "./pending-requests.ts";
import type { RateWindow } from "./rate-window.ts";
import type { BreakerView, BucketView, GateView, KeyView } from "../protocol/gate-view.ts";
import type { Purpose } from "../protocol/messages.ts";

/** The parts of a gate that its view shows. */
export interface GateParts {
  settings: GateSettings;
  pool: KeyPool;
  ledger: LeaseLedger;
  pending: PendingRequests;
  targets: LaneTargets;
}

/** Describes a gate as it is now. */
export function describeGate({ settings, pool, ledger, pending, targets }: GateParts, now: number): GateView {
  const lanes = byLane((lane) => ({
    concurrency: targets.of(lane),
    in_flight: ledger.slots.inLane(lane),
    waiting: pending.callers(lane),
    oldest_wait_ms: pending.wait(lane, now).oldest_wait_ms,
  }));
  const keys = pool.all().map((key) => viewKey(key, now));
  const inUse = (purpose: Purpose) => ({
    limit: settings.concurrency[purpose],
    used: ledger.slots.inPurpose(purpose),
  });
  return {
    strategy: settings.strategy,
    concurrency: inUse("execution"),
    tests: inUse("test"),
    keys,
    lanes,
    leases: ledger.size,
  };
}

function viewKey(key: KeyState, now: number): KeyView {
  const parked = key.parked_until > now;
  const readyIn = Math.max(0, key.parked_until - now, key.cool_until - now);
  return {
    name: key.limits.name,
    weight: key.limits.weight,
    status: parked ? "parked" : readyIn > 0 ? "cooling" : "ok",
    parked_for: parked ? key.parked_for : null,
    ready_in_ms: readyIn,
    requests: viewWindow(key.requests, now),
    tokens: viewWindow(key.tokens, now),
    concurrency: { limit: finite(key.in_flight + slotsFree(key)), used: key.in_flight },
    ttft_ms: rounded(key.ttft_ms),
    latency_ms: rounded(key.latency_ms),
    breakers: [...key.breakers.entries()].map(([model, breaker]) => viewBreaker(model, breaker, now)),
  };
}

function viewBreaker(model: string, breaker: Breaker, now: number): BreakerView {
  const { state, count, check_at, cool_until = 0 } = breaker;
  const check_in_ms = check_at === null ? null : Math.max(0, check_at - now);
  const rests = cool_until > now && { cool_in_ms: cool_until - now };
  return { model, state, passes: state === "closed" ? 0 : count, check_in_ms, ...rests };
}

function viewWindow(window: RateWindow, now: number): BucketView {
  return { limit: finite(window.limit), used: window.used(now) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
