import { type Lane, LANES } from "../../lane.ts";
import { LANE_RULES } from "../lanes.ts";

/**
 * Waiting callers above which a lane's concurrency doubles, and below which it may shrink: the
 * thresholds of the system that this one replaces.
 */
export const DEPTH = { up: 100, down: 10 } as const;
/**
 * A first caller that waits this long although keys have room shows that the lane is too narrow,
 * ms.
 */
const NEEDLESS_WAIT_MS = 50;
/** A lane is full from this part on: the reports before a step have freed some of its slots. */
const FULL = 0.9;
/** The time between two steps of a lane, in ms. */
const SCALE_EVERY_MS = 100;

/** What a lane's concurrency follows. `ceiling` is the concurrency that the keys allow. */
export interface LaneLoad {
  base: number;
  waiting: number;
  oldest_wait_ms: number;
  in_flight: number;
  ceiling: number;
}

/**
 * A lane's next concurrency: doubled where many wait, wider where callers wait needlessly, back
 * towards its base where it is not used, and never past the keys' ceiling.
 */
export function scaleLane(target: number, load: LaneLoad): number {
  const full = load.in_flight >= target * FULL;
  // A lane may have taken more than its target out of concurrency that nobody used.
  const reached = Math.max(target, load.in_flight);
  let next = target;
  if (load.waiting > DEPTH.up && full) next = reached * 2;
  else if (load.waiting > 0 && full && load.oldest_wait_ms >= NEEDLESS_WAIT_MS) {
    next = reached + Math.max(load.base, Math.ceil(load.waiting / 2));
  } else if (load.waiting < DEPTH.down && load.in_flight < target / 2) next = Math.floor(target * 0.9);
  return Math.min(Math.max(next, load.base), Math.max(1, load.ceiling));
}

/** The concurrency that each lane is scaled to, from its base. */
export class LaneTargets {
  readonly #targets = new Map(LANES.map((lane) => [lane, LANE_RULES[lane].base]));
  #steppedAt = 0;

  of(lane: Lane): number {
    return Math.floor(this.#exactly(lane));
  }

  /** Scales every lane, if the last step is long enough ago. */
  step(loadOf: (lane: Lane) => Omit<LaneLoad, "base">, now: number): void {
    if (now - this.#steppedAt < SCALE_EVERY_MS) return;
    this.#steppedAt = now;
    for (const lane of LANES) {
      const load = { ...loadOf(lane), base: LANE_RULES[lane].base };
      this.#targets.set(lane, scaleLane(this.#exactly(lane), load));
    }
  }

  #exactly(lane: Lane): number {
    return this.#targets.get(lane) ?? LANE_RULES[lane].base;
  }
}
