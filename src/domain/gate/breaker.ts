/** Failures in a row that open a breaker; passes in a row that close it; ms from opening to the next probe. As the source's health checks. */
export const BREAKER = { fails: 3, passes: 2, probe_after_ms: 5_000 } as const;

/** What a breaker lets through: everything, nothing, or one probe at a time. */
export type BreakerState = "closed" | "open" | "half_open";

/** The health of one key for one model. */
export interface Breaker {
  state: BreakerState;
  /** In a row: failures while closed, passes while half open. */
  count: number;
  /** When the next probe may go, or, while one is out, when it is given up. Epoch ms. */
  probe_at: number;
}

/** A breaker that lets everything through. */
export const CLOSED: Breaker = { state: "closed", count: 0, probe_at: 0 };

/** Whether a call may go now: `all`, one `probe`, or `none`. */
export function admits(breaker: Breaker, now: number): "all" | "probe" | "none" {
  if (breaker.state === "closed") return "all";
  return now >= breaker.probe_at ? "probe" : "none";
}

/** The breaker with its probe out. Another goes only where this one is never heard of again for `hold_ms`. */
export function probing(now: number, holdMs: number, breaker: Breaker): Breaker {
  return { state: "half_open", count: breaker.state === "half_open" ? breaker.count : 0, probe_at: now + holdMs };
}

/** The breaker after calls that passed. */
export function passed(breaker: Breaker, now: number): Breaker {
  if (breaker.state === "closed") return breaker.count === 0 ? breaker : CLOSED;
  // A pass that was under way when the breaker opened says nothing about now.
  if (breaker.state === "open") return breaker;
  const count = breaker.count + 1;
  return count >= BREAKER.passes ? CLOSED : { state: "half_open", count, probe_at: now };
}

/** The breaker after a failure. */
export function failed(breaker: Breaker, now: number): Breaker {
  if (breaker.state === "open") return breaker;
  const count = breaker.count + 1;
  if (breaker.state === "closed" && count < BREAKER.fails) return { ...breaker, count };
  return { state: "open", count: 0, probe_at: now + BREAKER.probe_after_ms };
}

/** The breaker whose probe never went: another may. */
export function probeReturned(breaker: Breaker, now: number): Breaker {
  return breaker.state === "half_open" ? { ...breaker, probe_at: now } : breaker;
}
