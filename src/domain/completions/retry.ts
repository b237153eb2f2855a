/** Backoff before another round over the candidates, in ms; the most that a provider's own Retry-After is waited for. */
export const RETRY = { base_ms: 100, cap_ms: 2_000, longest_wait_ms: 2_000, rounds: 2 } as const;

/**
 * Milliseconds to wait before round `round` (1 is the first retry), or null where it is not worth it: the provider asks for more
 * than a caller should be held for. Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"), never below Retry-After. `roll` in [0, 1).
 */
export function retryDelay(round: number, roll: number, retryAfterMs: number | undefined): number | null {
  if (round >= RETRY.rounds) return null;
  if (retryAfterMs !== undefined && retryAfterMs > RETRY.longest_wait_ms) return null;
  const backoff = roll * Math.min(RETRY.cap_ms, RETRY.base_ms * 2 ** round);
  return Math.ceil(Math.max(backoff, retryAfterMs ?? 0));
}

/** A budget that lets retries be a share of the calls only, so that they cannot multiply an outage. */
export interface RetryBudget {
  /** Notes a first try. */
  deposit(): void;
  /** Takes one retry out; false where none is left. */
  withdraw(): boolean;
}

/** A budget of `share` retries for each first try, never more than `most` saved up; begins full. */
export function createRetryBudget(share = 0.2, most = 20): RetryBudget {
  let left = most;
  return {
    deposit() {
      left = Math.min(most, left + share);
    },
    withdraw() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
