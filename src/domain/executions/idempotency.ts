/**
 * The state of one idempotency key. Times in Unix ms. Whoever does its work records it as
 * `execution_id`.
 */
export interface IdempotencyState {
  fingerprint: string;
  execution_id: string;
  status: "in_progress" | "done" | "failed";
  /** Tells the current worker from earlier ones that were given up. */
  token: number;
  lease_until: number;
  expires_at: number;
}

/** A caller's claim to the work of a key. After `lease_ms` its worker is given up. */
export interface IdempotencyClaim {
  fingerprint: string;
  execution_id: string;
  lease_ms: number;
}

/**
 * The decision on a claim. `begin`: do the work, as the first. `unknown`: do it, but an earlier
 * worker vanished and may have done it. `replay`: use the stored result. `busy`: the first worker
 * is still at it. `mismatch`: the key was used for another request.
 */
export type IdempotencyVerdict =
  | { kind: "begin" | "unknown"; token: number; execution_id: string }
  | { kind: "replay" }
  | { kind: "busy"; retry_after_ms: number }
  | { kind: "mismatch" };

/** A verdict as the key's object replies it: a replay comes with the stored result. */
export type IdempotencyReply = Exclude<IdempotencyVerdict, { kind: "replay" }> | { kind: "replay"; result: string };

/** How long a key gives its first result, in ms: a day. */
export const IDEMPOTENCY_LIFE_MS = 86_400_000;
/** The wait to suggest while the first worker is at it, in ms. */
const BUSY_RETRY_MS = 1_000;

/** Decides on a claim, and gives the next state where it changes. */
export function claim(
  state: IdempotencyState | undefined,
  wanted: IdempotencyClaim,
  now: number,
): { verdict: IdempotencyVerdict; next?: IdempotencyState } {
  const { fingerprint, lease_ms } = wanted;
  if (state === undefined || state.expires_at <= now) {
    const next: IdempotencyState = {
      fingerprint,
      execution_id: wanted.execution_id,
      status: "in_progress",
      token: 1,
      lease_until: now + lease_ms,
      expires_at: now + IDEMPOTENCY_LIFE_MS,
    };
    return { verdict: { kind: "begin", token: next.token, execution_id: next.execution_id }, next };
  }
  if (state.fingerprint !== fingerprint) return { verdict: { kind: "mismatch" } };
  if (state.status !== "in_progress") return { verdict: { kind: "replay" } };
  if (state.lease_until > now) {
    return { verdict: { kind: "busy", retry_after_ms: Math.min(BUSY_RETRY_MS, state.lease_until - now) } };
  }
  const next = { ...state, token: state.token + 1, lease_until: now + lease_ms };
  return { verdict: { kind: "unknown", token: next.token, execution_id: state.execution_id }, next };
}

/**
 * The state after `token` ended the work; undefined if that worker was given up, or the work had
 * ended before.
 */
export function settle(
  state: IdempotencyState | undefined,
  token: number,
  status: "done" | "failed",
): IdempotencyState | undefined {
  return isHeldBy(state, token) ? { ...state, status } : undefined;
}

/**
 * Whether `token` is still the worker: only it may settle the key, or free it because nothing was
 * done.
 */
export function isHeldBy(state: IdempotencyState | undefined, token: number): state is IdempotencyState {
  return state?.status === "in_progress" && state.token === token;
}
