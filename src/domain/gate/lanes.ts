import { type Lane, LANES } from "../lane.ts";

/** What a lane begins with: calls at a time, the longest that a call lasts (ms), and its share where lanes compete. Base and time-out are the source's. */
export const LANE_RULES: Readonly<Record<Lane, { base: number; timeout_ms: number; weight: number }>> = {
  high: { base: 10, timeout_ms: 30_000, weight: 8 },
  standard: { base: 20, timeout_ms: 60_000, weight: 4 },
  batch: { base: 5, timeout_ms: 300_000, weight: 1 },
};
/** How much heavier a lane gets at most by waiting. */
const MOST_AGEING = 3;

/** Each lane's virtual time: what it was given, divided by its weight. */
export type LaneClock = Record<Lane, number>;

/** A lane's wait, as the order among lanes sees it. */
export interface LaneWait {
  lane: Lane;
  oldest_wait_ms: number;
  patience_ms: number;
}

/** A clock at its start. */
export function newLaneClock(): LaneClock {
  return { high: 0, standard: 0, batch: 0 };
}

/** The lane whose turn it is: the one that had least for its weight. Undefined where nobody waits. */
export function nextLane(clock: LaneClock, waiting: readonly LaneWait[]): Lane | undefined {
  return waiting.toSorted((a, b) => clock[a.lane] - clock[b.lane] || rank(a.lane) - rank(b.lane))[0]?.lane;
}

/** Notes that a lane was given `amount`. One that has waited long is charged less, down to a third: ageing, without ever turning the order round. */
export function charge(clock: LaneClock, { lane, oldest_wait_ms, patience_ms }: LaneWait, amount: number): void {
  const age = Math.min(1, oldest_wait_ms / Math.max(1, patience_ms));
  clock[lane] += amount / (LANE_RULES[lane].weight * (1 + (MOST_AGEING - 1) * age));
}

/** Lets a lane that comes back join where the others are: time without wishes is not saved up. */
export function join(clock: LaneClock, lane: Lane, active: readonly Lane[]): void {
  if (active.length > 0) clock[lane] = Math.max(clock[lane], Math.min(...active.map((other) => clock[other])));
}

/**
 * How many callers each lane must turn away, so that those who stay are served in time: `perMs` calls a millisecond, each lane's callers
 * waiting up to `patience`. What high needs comes first, then standard; batch keeps a share by its weight, so that it is shed first but never starved.
 */
export function shed(depth: Record<Lane, number>, patience: Record<Lane, number>, perMs: number): Record<Lane, number> {
  const turnedAway: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };
  const weights = LANES.filter((lane) => depth[lane] > 0).reduce((sum, lane) => sum + LANE_RULES[lane].weight, 0);
  let ahead = 0;
  for (const lane of LANES) {
    const served = perMs * patience[lane];
    const share = (served * LANE_RULES[lane].weight) / Math.max(1, weights);
    const kept = Math.min(depth[lane], Math.ceil(Math.max(served - ahead, share)));
    turnedAway[lane] = depth[lane] - kept;
    ahead += kept;
  }
  return turnedAway;
}

function rank(lane: Lane): number {
  return LANES.indexOf(lane);
}
