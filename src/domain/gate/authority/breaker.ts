/**
 * Failures in a row that open a breaker, passes in a row that close it, and ms from one check to the next while it is open: as the source's health checks.
 * A breaker of which no check was heard for `silence_ms` is for callers to probe; for one whose model nobody asked for in `idle_ms` checks stop.
 */
export const BREAKER = {
  fails: 3,
  passes: 2,
  check_every_ms: 5_000,
  silence_ms: 15_000,
  idle_ms: 600_000,
} as const;

/** What a breaker lets through: everything, nothing, or one probe at a time. */
export type BreakerState = "closed" | "open" | "half_open";

/**
 * The health of one key for one model. Passive while closed: calls that fail open it. Active while open: checks that pass half open it, so that no
 * caller's call is spent on a dead provider. Half open, one real call at a time is the probe. Times are epoch ms.
 */
export interface Breaker {
  state: BreakerState;
  /** In a row: failures while closed, passes of checks while open, passes while half open. */
  count: number;
  /** While open: when the check that is awaited is due, which is also its name; null where none is. */
  check_at: number | null;
  /** While open: when a caller may probe all the same, since a check or its outcome may be lost. */
  probe_at: number;
  /** While open: when somebody last asked for the model. */
  asked_at: number;
  /** Until when a probe that is out is waited for; 0 where none is. */
  out_until: number;
}

/** A breaker that lets everything through. */
export const CLOSED: Breaker = { state: "closed", count: 0, check_at: null, probe_at: 0, asked_at: 0, out_until: 0 };

/** When a call may go at the latest, if nothing is heard until then. Epoch ms; 0 where all may. */
export function readyAt({ state, probe_at, out_until }: Breaker): number {
  if (state === "closed") return 0;
  return state === "open" ? Math.max(probe_at, out_until) : out_until;
}

/** Whether a call may go now: `all`, one `probe`, or `none`. */
export function admits(breaker: Breaker, now: number): "all" | "probe" | "none" {
  if (breaker.state === "closed") return "all";
  return now >= readyAt(breaker) ? "probe" : "none";
}

/** The breaker with its probe out. Another goes only where this one is never heard of again for `hold_ms`. */
export function probing(now: number, holdMs: number, breaker: Breaker): Breaker {
  const count = breaker.state === "half_open" ? breaker.count : 0;
  return { ...breaker, state: "half_open", count, check_at: null, out_until: now + holdMs };
}

/** The breaker whose probe is over, or never went: another may. */
export function probeOver(breaker: Breaker): Breaker {
  return { ...breaker, out_until: 0 };
}

/** The breaker after calls that passed. */
export function passed(breaker: Breaker): Breaker {
  // A pass that was under way when the breaker opened says nothing about now.
  if (breaker.state === "open") return breaker;
  const count = breaker.state === "closed" ? 0 : breaker.count + 1;
  if (breaker.state === "half_open" && count < BREAKER.passes) return { ...breaker, count };
  return { ...CLOSED, out_until: breaker.out_until };
}

/** The breaker after a failure. */
export function failed(breaker: Breaker, now: number): Breaker {
  if (breaker.state === "open") return breaker;
  const count = breaker.count + 1;
  if (breaker.state === "closed" && count < BREAKER.fails) return { ...breaker, count };
  const { out_until } = breaker;
  return { state: "open", count: 0, ...awaiting(now + BREAKER.check_every_ms, now), asked_at: now, out_until };
}

/** The breaker after a check. One that is not awaited, because it came before or was given up, changes nothing: there is never more than one chain of checks. */
export function checked(breaker: Breaker, check: { due_at: number; passed: boolean }, now: number): Breaker {
  if (breaker.state !== "open" || breaker.check_at !== check.due_at) return breaker;
  const count = check.passed ? breaker.count + 1 : 0;
  // One real call has to pass, too: that a model is there does not say that it answers.
  if (count >= BREAKER.passes) return { ...breaker, state: "half_open", count: BREAKER.passes - 1, check_at: null };
  if (now - breaker.asked_at >= BREAKER.idle_ms) return { ...breaker, count: 0, check_at: null, probe_at: now };
  // Later than the one before, whatever the clock says: names are not used twice.
  return { ...breaker, count, ...awaiting(Math.max(now, check.due_at) + BREAKER.check_every_ms, now) };
}

/** The breaker when somebody asks for its model. */
export function asked(breaker: Breaker, now: number): Breaker {
  return breaker.state === "open" ? { ...breaker, asked_at: now } : breaker;
}

function awaiting(checkAt: number, now: number): Pick<Breaker, "check_at" | "probe_at"> {
  return { check_at: checkAt, probe_at: now + BREAKER.silence_ms };
}
