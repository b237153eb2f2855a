import type { BreakerState } from "../protocol/gate-view.ts";

/**
 * When a breaker opens and closes: after `fails` failures in a row, and after `passes` passes in a
 * row. While open, a check is made every `check_every_ms`. Where no check's outcome came for
 * `silence_ms`, a caller may probe. Checks of a model stop once no caller asked for it in
 * `idle_ms`.
 */
export const BREAKER = {
  fails: 3,
  passes: 2,
  check_every_ms: 5_000,
  silence_ms: 15_000,
  idle_ms: 600_000,
} as const;

/**
 * The health of one key for one model. Closed, it only watches: calls that fail open it. Open, it
 * is checked actively: checks that pass half open it, so that no caller's call is wasted on a dead
 * provider. Half open, it lets one real call through at a time as a probe. Times are epoch ms.
 */
export interface Breaker {
  state: BreakerState;
  /**
   * A count in a row: of failures while closed, of passed checks while open, of passes while half
   * open.
   */
  count: number;
  /**
   * While open: when the awaited check is due, which also identifies it; null where none is
   * awaited.
   */
  check_at: number | null;
  /** While open: when a caller may probe anyway, because a check or its outcome can be lost. */
  probe_at: number;
  /** While open: when a caller last asked for the model. */
  asked_at: number;
  /** While a probe is in flight: when it counts as lost; 0 otherwise. */
  out_until: number;
  /** Until when the model's own limit rests the pair. Absent where none did, and in older rows. */
  cool_until?: number;
}

/** A breaker that lets every call through. */
export const CLOSED: Breaker = { state: "closed", count: 0, check_at: null, probe_at: 0, asked_at: 0, out_until: 0 };

/** When a call may go if no news comes before, in epoch ms; 0 where every call may go. */
export function readyAt({ state, probe_at, out_until, cool_until = 0 }: Breaker): number {
  if (state === "closed") return cool_until;
  return Math.max(cool_until, out_until, state === "open" ? probe_at : 0);
}

/** Which calls may go now: all, one as a probe, or none. */
export function admits(breaker: Breaker, now: number): "all" | "probe" | "none" {
  if (now < readyAt(breaker)) return "none";
  return breaker.state === "closed" ? "all" : "probe";
}

/**
 * The breaker with a probe in flight. The next probe may go once this one ends, or after `holdMs`.
 */
export function probing(now: number, holdMs: number, breaker: Breaker): Breaker {
  const count = breaker.state === "half_open" ? breaker.count : 0;
  return { ...breaker, state: "half_open", count, check_at: null, out_until: now + holdMs };
}

/** The breaker after its probe has ended or was not sent. */
export function probeOver(breaker: Breaker): Breaker {
  return { ...breaker, out_until: 0 };
}

/** The breaker after the model's own limit turned a call away: it rests, and did not fail. */
export function cooled(breaker: Breaker, until: number): Breaker {
  return { ...breaker, cool_until: Math.max(breaker.cool_until ?? 0, until) };
}

/** The breaker after calls that passed. */
export function passed(breaker: Breaker): Breaker {
  // A call that was in flight when the breaker opened says nothing about the provider now.
  if (breaker.state === "open") return breaker;
  const count = breaker.state === "closed" ? 0 : breaker.count + 1;
  if (breaker.state === "half_open" && count < BREAKER.passes) return { ...breaker, count };
  const { out_until, cool_until } = breaker;
  return { ...CLOSED, out_until, ...(cool_until !== undefined && { cool_until }) };
}

/** The breaker after a call that failed. */
export function failed(breaker: Breaker, now: number): Breaker {
  if (breaker.state === "open") return breaker;
  const count = breaker.count + 1;
  if (breaker.state === "closed" && count < BREAKER.fails) return { ...breaker, count };
  return { ...breaker, state: "open", count: 0, ...awaiting(now + BREAKER.check_every_ms, now), asked_at: now };
}

/**
 * The breaker after a check. A check that is not the awaited one is late or repeated and changes
 * nothing, so there is never more than one chain of checks.
 */
export function checked(breaker: Breaker, check: { due_at: number; passed: boolean }, now: number): Breaker {
  if (breaker.state !== "open" || breaker.check_at !== check.due_at) return breaker;
  const count = check.passed ? breaker.count + 1 : 0;
  // One real call must pass as well: a model that is listed may still not answer.
  if (count >= BREAKER.passes) return { ...breaker, state: "half_open", count: BREAKER.passes - 1, check_at: null };
  if (now - breaker.asked_at >= BREAKER.idle_ms) return { ...breaker, count: 0, check_at: null, probe_at: now };
  // Always later than the check before, even if the clock is set back: it identifies the check.
  return { ...breaker, count, ...awaiting(Math.max(now, check.due_at) + BREAKER.check_every_ms, now) };
}

/** The breaker after a caller asked for its model. */
export function asked(breaker: Breaker, now: number): Breaker {
  return breaker.state === "open" ? { ...breaker, asked_at: now } : breaker;
}

function awaiting(checkAt: number, now: number): Pick<Breaker, "check_at" | "probe_at"> {
  return { check_at: checkAt, probe_at: now + BREAKER.silence_ms };
}
