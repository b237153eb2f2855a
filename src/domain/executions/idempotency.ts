import type { Intent } from "./intent.ts";

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
  /** The id that the current worker's claim came with. Absent in states of older versions. */
  claimant?: string;
  lease_until: number;
  expires_at: number;
  /** What the current or an earlier worker was about to spend money on; absent before that. */
  intent?: Intent;
}

/**
 * A caller's claim to the work of a key. After `lease_ms` its worker is given up. The id is new for
 * each caller, so a claim with the same id is the same claim: repeated because its reply was lost,
 * or to say with an `intent` that its worker is about to spend money.
 */
export interface IdempotencyClaim {
  fingerprint: string;
  /** The fingerprint that earlier versions gave the request. */
  earlier_fingerprint?: string;
  execution_id: string;
  lease_ms: number;
  intent?: Intent;
}

/**
 * The decision on a claim. `begin`: do the work, as the first. `unknown`: an earlier worker
 * vanished, and may have done it; it may have spent money if there is an intent, and else it may
 * not begin to any more. `replay`: use the stored result. `busy`: the first worker
 * is still at it. `mismatch`: the key was used for another request.
 */
export type IdempotencyVerdict =
  | { kind: "begin"; token: number; execution_id: string }
  | { kind: "unknown"; token: number; execution_id: string; intent?: Intent }
  | { kind: "replay" }
  | {
      kind: "busy";
      retry_after_ms: number;
      /**
       * Another claim's worker is at it. Absent where an older version cannot tell claims apart.
       */
      claimant?: string;
    }
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
      claimant: wanted.execution_id,
      lease_until: now + lease_ms,
      expires_at: now + IDEMPOTENCY_LIFE_MS,
    };
    return { verdict: { kind: "begin", token: next.token, execution_id: next.execution_id }, next };
  }
  if (state.fingerprint !== fingerprint && state.fingerprint !== wanted.earlier_fingerprint)
    return { verdict: { kind: "mismatch" } };
  if (state.status !== "in_progress") return { verdict: { kind: "replay" } };
  const { execution_id, intent } = state;
  // The work of a key has the id of its first claim.
  const claimant = state.claimant ?? (state.token === 1 ? execution_id : undefined);
  if (state.lease_until > now) {
    const { token } = state;
    if (claimant === wanted.execution_id) {
      const next = wanted.intent && { ...state, intent: wanted.intent };
      if (token === 1) return { verdict: { kind: "begin", token, execution_id }, next };
      return { verdict: { kind: "unknown", token, execution_id, intent }, next };
    }
    const retry_after_ms = Math.min(BUSY_RETRY_MS, state.lease_until - now);
    return { verdict: { kind: "busy", retry_after_ms, claimant: claimant ?? execution_id } };
  }
  const next = { ...state, token: state.token + 1, claimant: wanted.execution_id, lease_until: now + lease_ms };
  return { verdict: { kind: "unknown", token: next.token, execution_id, intent }, next };
}

/**
 * A worker of a key, as it names itself. The id tells apart workers of different lives of the key,
 * whose tokens may be equal. It is absent in calls of older versions.
 */
export interface IdempotencyHolder {
  token: number;
  execution_id?: string;
}

/**
 * The state after a holder ended the work; undefined if that worker was given up, or the work had
 * ended before.
 */
export function settle(
  state: IdempotencyState | undefined,
  holder: IdempotencyHolder,
  status: "done" | "failed",
): IdempotencyState | undefined {
  return isHeldBy(state, holder) ? { ...state, status, intent: undefined } : undefined;
}

/**
 * Whether a worker still has the key: only it may settle the key, or free it because nothing was
 * done.
 */
export function isHeldBy(state: IdempotencyState | undefined, holder: IdempotencyHolder): state is IdempotencyState {
  return state?.status === "in_progress" && isOf(state, holder);
}

/** Whether this worker settled the key before: its reply was lost, and it settles again. */
export function isSettledBy(state: IdempotencyState | undefined, holder: IdempotencyHolder): boolean {
  return state !== undefined && state.status !== "in_progress" && isOf(state, holder);
}

/** The state after a holder gave up its lease: the next claim may have the work at once. */
export function handBack(
  state: IdempotencyState | undefined,
  holder: IdempotencyHolder,
  now: number,
): IdempotencyState | undefined {
  return isHeldBy(state, holder) ? { ...state, lease_until: Math.min(state.lease_until, now) } : undefined;
}

function isOf(state: IdempotencyState, { token, execution_id }: IdempotencyHolder): boolean {
  return state.token === token && (execution_id === undefined || state.execution_id === execution_id);
}
