/**
 * The backoff before another round over the candidates, in ms. `longest_wait_ms` is the longest
 * Retry-After of a provider that is waited for.
 */
export const RETRY = { base_ms: 100, cap_ms: 2_000, longest_wait_ms: 2_000, rounds: 2 } as const;

/**
 * The delay before round `round` in ms (1 is the first retry). Null where no round is left, or
 * where the provider's Retry-After is longer than a caller should wait. Uses full jitter (AWS
 * Architecture Blog, "Exponential Backoff and Jitter"), but never less than Retry-After. `roll` is
 * in [0, 1).
 */
export function retryDelay(round: number, roll: number, retryAfterMs: number | undefined): number | null {
  if (round >= RETRY.rounds) return null;
  if (retryAfterMs !== undefined && retryAfterMs > RETRY.longest_wait_ms) return null;
  const backoff = roll * Math.min(RETRY.cap_ms, RETRY.base_ms * 2 ** round);
  return Math.ceil(Math.max(backoff, retryAfterMs ?? 0));
}

/** Limits retries to a share of all calls, so that they cannot amplify an outage. */
interface RetryBudget {
  /** Counts a first try. */
  deposit(): void;
  /** Takes one retry from the budget; false where none is left. */
  withdraw(): boolean;
}

/** A retry budget that grows by `share` with each first try, up to `most`. It begins full. */
export function createRetryBudget(share = 0.2, most = 20): RetryBudget {
  let retries = most;
  return {
    deposit() {
      retries = Math.min(most, retries + share);
    },
    withdraw() {
      if (retries < 1) return false;
      retries -= 1;
      return true;
    },
  };
}
