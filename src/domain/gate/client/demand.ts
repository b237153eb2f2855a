/** Calls are expected for so far ahead, in ms: half a lease's life. */
const AHEAD_MS = 1_000;
/** Half-life of what was seen, in ms. */
const HALF_LIFE_MS = 1_000;

/** How much a Worker's callers ask for of late, so that a lease's size follows it: nothing ahead where calls are rare. */
export interface Demand {
  /** A caller came. */
  ask(now: number): void;
  /** A call took so long. */
  took(ms: number): void;
  /** Calls in the next second, and how many of them at a time. */
  expect(now: number): { soon: number; at_a_time: number };
  /** Calls that one slot serves in so many ms, one after the other, and one more for those that are quick. */
  turns(ms: number): number;
  idleFor(now: number): number;
}

/** A demand of which nothing is known. */
export function createDemand(): Demand {
  let perMs = 0;
  let at = 0;
  let latency = 0;
  const decay = (now: number) => 0.5 ** (Math.max(0, now - at) / HALF_LIFE_MS);
  return {
    ask(now) {
      // An exponentially decaying count: its integral over all time is one for each caller.
      perMs = perMs * decay(now) + Math.LN2 / HALF_LIFE_MS;
      at = Math.max(at, now);
    },
    took(ms) {
      latency = latency === 0 ? ms : latency + 0.2 * (ms - latency);
    },
    expect(now) {
      const rate = perMs * decay(now);
      return { soon: Math.floor(rate * AHEAD_MS), at_a_time: Math.floor(rate * Math.min(latency, AHEAD_MS)) };
    },
    turns: (ms) => 1 + Math.ceil(ms / Math.max(1, latency === 0 ? ms : latency)),
    idleFor: (now) => now - at,
  };
}
