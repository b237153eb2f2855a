/** What one idempotency key stands for. Times in Unix ms. `execution_id` is the id under which its work is recorded, whoever does it. */
export interface IdempotencyState {
  fingerprint: string;
  execution_id: string;
  status: "in_progress" | "done" | "failed";
  /** Tells the one who works now from one who was given up. */
  token: number;
  lease_until: number;
  expires_at: number;
}

/** What a caller wants to begin. The lease is how long the work may take before it is given up. */
export interface IdempotencyClaim {
  fingerprint: string;
  execution_id: string;
  lease_ms: number;
}

/**
 * What a caller with a key is told: `begin` the work, as the first or, `unknown`, where an earlier worker vanished and may or may not have done it; `replay` what is stored;
 * `busy`: the first one is still at it; `mismatch`: the key was used for something else.
 */
export type IdempotencyVerdict =
  | { kind: "begin" | "unknown"; token: number; execution_id: string }
  | { kind: "replay" }
  | { kind: "busy"; retry_after_ms: number }
  | { kind: "mismatch" };

/** A verdict with, where it is a replay, the stored result's text. */
export type Claimed = Exclude<IdempotencyVerdict, { kind: "replay" }> | { kind: "replay"; result: string };

/** How long a key stands for its first result, milliseconds: a day. */
export const IDEMPOTENCY_LIFE_MS = 86_400_000;
/** A wait to suggest while the first one works, milliseconds. */
const BUSY_RETRY_MS = 1_000;

/** Decides on a claim, and gives the state that follows where it changes. */
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

/** The state after the work of `token` ended; undefined where that worker was given up, or the work ended before. */
export function settle(
  state: IdempotencyState | undefined,
  token: number,
  status: "done" | "failed",
): IdempotencyState | undefined {
  return isHeldBy(state, token) ? { ...state, status } : undefined;
}

/** Whether `token` works under its key still: it alone may settle it, or give it free because nothing was done. */
export function isHeldBy(state: IdempotencyState | undefined, token: number): state is IdempotencyState {
  return state?.status === "in_progress" && state.token === token;
}
