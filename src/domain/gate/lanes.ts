import { type Lane, LANES } from "../lane.ts";
import { MAX_TIMEOUT_MS } from "../time-limits.ts";

/**
 * What each lane has: `base`, the concurrency that it starts with; `timeout_ms`, the longest that
 * an execution in it lasts that does not say how long it may; `weight`, its share where lanes
 * compete. Base and timeout are those of the system that this one replaces.
 */
export const LANE_RULES: Readonly<Record<Lane, { base: number; timeout_ms: number; weight: number }>> = {
  high: { base: 10, timeout_ms: 30_000, weight: 8 },
  standard: { base: 20, timeout_ms: 60_000, weight: 4 },
  batch: { base: 5, timeout_ms: 300_000, weight: 1 },
};

/**
 * How long the gate keeps the slot of a call that may last `timeoutMs`, in ms: the time of its
 * lane, doubled until it is enough. Calls share leases by that time, so it has few values; and the
 * slots of an isolate that died come back no later because other calls may last longer.
 */
export function holdFor(lane: Lane, timeoutMs: number): number {
  let holdMs = LANE_RULES[lane].timeout_ms;
  while (holdMs < timeoutMs) holdMs *= 2;
  return Math.min(holdMs, MAX_TIMEOUT_MS);
}

/** What lanes weigh together. */
export function weightOf(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, lane) => sum + LANE_RULES[lane].weight, 0);
}

/** How many times heavier a lane becomes at most by waiting. */
const MAX_AGEING = 3;

/** How long a lane's first caller has waited, and how long it would wait. */
export interface LaneWait {
  lane: Lane;
  oldest_wait_ms: number;
  patience_ms: number;
}

/**
 * Weighted fair order among lanes: a lane's virtual time is what it was given, divided by its
 * weight.
 */
export class LaneClock {
  readonly #virtualTime: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };

  /** The lane with the least virtual time, the more important lane where two are equal. */
  next(waiting: readonly LaneWait[]): Lane | undefined {
    const byTime = waiting.toSorted(
      (a, b) => this.#virtualTime[a.lane] - this.#virtualTime[b.lane] || rank(a.lane) - rank(b.lane),
    );
    return byTime[0]?.lane;
  }

  /**
   * Whether a lane may be given something although others among the `active` ones wait until a
   * round that gives `amount`: it is ahead of none of them by more than its share of that.
   */
  mayPass(lane: Lane, active: readonly Lane[], amount: number): boolean {
    const ahead = active.map((other) => this.#virtualTime[lane] - this.#virtualTime[other]);
    return Math.max(...ahead) < amount / weightOf(active);
  }

  /**
   * Charges a lane for `amount`. A lane that has waited long pays less, down to a third (ageing).
   * That never reverses the order of weights for good.
   */
  charge({ lane, oldest_wait_ms, patience_ms }: LaneWait, amount: number): void {
    const age = Math.min(1, oldest_wait_ms / Math.max(1, patience_ms));
    this.#virtualTime[lane] += amount / (LANE_RULES[lane].weight * (1 + (MAX_AGEING - 1) * age));
  }

  /**
   * Gives a lane back what `amount` costs, which it is charged for again: the least that this can
   * be, or a lane whose slots go round among its own callers would get ahead of the others for
   * good.
   */
  refund(lane: Lane, amount: number): void {
    this.#virtualTime[lane] -= amount / (LANE_RULES[lane].weight * MAX_AGEING);
  }

  /**
   * Lets a lane that was empty join at the time of the `active` lanes: it saves up no turns. Where
   * none is active it joins at the latest time of all, so that nothing a lane was given while
   * nobody else waited counts against it.
   */
  join(lane: Lane, active: readonly Lane[]): void {
    const times = (lanes: readonly Lane[]) => lanes.map((other) => this.#virtualTime[other]);
    const earliest = active.length > 0 ? Math.min(...times(active)) : Math.max(...times(LANES));
    this.#virtualTime[lane] = Math.max(this.#virtualTime[lane], earliest);
  }
}

function rank(lane: Lane): number {
  return LANES.indexOf(lane);
}
