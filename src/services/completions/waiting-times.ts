import type { Attempt } from "../../domain/completions/attempt.ts";
import { retryDelay } from "../../domain/completions/retry.ts";
import type { AppError } from "../../domain/errors.ts";
import { LANE_RULES } from "../../domain/gate/lanes.ts";
import { remedyOf } from "../../domain/provider-facts.ts";
import type { Lane } from "../../domain/lane.ts";

/**
 * The part of an execution's time that may be spent waiting for capacity; the rest is for the call.
 */
const WAITING_SHARE = 0.8;
/**
 * The shortest wait for capacity, in ms. The gate cannot answer sooner, so that an execution with
 * less time runs out of it, and does not learn of any limit.
 */
const SHORTEST_PATIENCE_MS = 50;
/** How long to wait for one model while another could take the call, in ms. */
const PATIENCE_BEFORE_NEXT_MS = 1_000;

/**
 * How long a call waits for capacity, in ms: as long as its lane's where it does not say its time.
 */
export function patienceOf(
  { queue, lane, timeout_ms }: { queue?: boolean; lane: Lane; timeout_ms?: number },
  isLast: boolean,
): number {
  if (queue === false) return 0;
  const share = timeout_ms && timeout_ms * WAITING_SHARE;
  const longest = Math.max(share ?? LANE_RULES[lane].timeout_ms, SHORTEST_PATIENCE_MS);
  return isLast ? longest : Math.min(longest, PATIENCE_BEFORE_NEXT_MS);
}

/**
 * The pause before another round, or null where another round could not help: the gate has waited
 * already, a lasting fact stays, and a model repeats what it said. `roll` is in [0, 1).
 */
export function pauseBefore(
  { round, attempts, last: { error } }: { round: number; attempts: readonly Attempt[]; last: { error: AppError } },
  roll: number,
): number | null {
  if (attempts.length === 0) return null;
  if (!error.retryable || error.errors || remedyOf(error.fact) !== "time") return null;
  return retryDelay(round, roll, error.retryAfterMs);
}
