import { type Lane, LANES } from "../../lane.ts";
import { LANE_RULES } from "../lanes.ts";

/** Waiting callers above which a lane's concurrency doubles, and below which it may shrink; the source's two thresholds. */
export const DEPTH = { up: 100, down: 10 } as const;
/** A lane whose first caller has waited for so long, with room at the keys, is too narrow. Milliseconds. */
const NEEDLESS_WAIT_MS = 50;
/** The time between two steps of a lane, in ms. */
const SCALE_EVERY_MS = 100;

/** However much a provider complains, so many calls at a time are tried: the breaker is for when none is any use. */
const LEAST_CEILING = 4;

/** What a lane's concurrency is scaled by. `ceiling` is what the keys allow at a time. */
export interface LaneLoad {
  base: number;
  waiting: number;
  oldest_wait_ms: number;
  in_flight: number;
  ceiling: number;
}

/** A lane's next concurrency: doubled where many wait, widened where some wait needlessly, towards its base where it is not used, never past the keys. */
export function scaleLane(target: number, load: LaneLoad): number {
  const full = load.in_flight >= target;
  let next = target;
  if (load.waiting > DEPTH.up && full) next = target * 2;
  else if (load.waiting > 0 && full && load.oldest_wait_ms >= NEEDLESS_WAIT_MS) {
    next = target + Math.max(load.base, Math.ceil(load.waiting / 2));
  } else if (load.waiting < DEPTH.down && load.in_flight < target / 2) next = Math.floor(target * 0.9);
  return Math.min(Math.max(next, load.base), Math.max(1, load.ceiling));
}

/** What each lane's concurrency has been scaled to. */
export interface LaneTargets {
  of(lane: Lane): number;
  /** A step of every lane, if it is time for one. */
  step(loadOf: (lane: Lane) => Omit<LaneLoad, "base">, now: number): void;
}

/** The lanes at their bases. */
export function createLaneTargets(): LaneTargets {
  const targets = new Map(LANES.map((lane) => [lane, LANE_RULES[lane].base]));
  let steppedAt = 0;
  const of = (lane: Lane) => targets.get(lane) ?? LANE_RULES[lane].base;
  return {
    of: (lane) => Math.floor(of(lane)),
    step(loadOf, now) {
      if (now - steppedAt < SCALE_EVERY_MS) return;
      steppedAt = now;
      for (const lane of LANES) {
        targets.set(lane, scaleLane(of(lane), { ...loadOf(lane), base: LANE_RULES[lane].base }));
      }
    },
  };
}

/** Concurrency that a key was found to bear: additive increase, multiplicative decrease. Infinity until the provider first complains. */
export function aimd(ceiling: number, event: "complaint" | "pass", inFlight: number, calls = 1): number {
  if (event === "complaint") return Math.max(LEAST_CEILING, Math.floor(Math.min(ceiling, inFlight) / 2));
  if (ceiling === Infinity) return ceiling;
  const grown = ceiling + calls / Math.max(1, ceiling);
  // Once it has grown far past what is asked for, it no longer says anything.
  return grown > 1_000 ? Infinity : grown;
}
