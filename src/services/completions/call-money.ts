import { toAppError } from "../../domain/errors.ts";
import type { CallMoney, CallToPay, ExecutionBudget } from "../budgets/open-budget.ts";
import { CompletionFailed } from "./completion-failed.ts";

/** How long a call waits at most for money that others may give back, in ms. */
const LONGEST_PATIENCE_MS = 30_000;
/** How late a call may end, in ms. */
const ENDS_MARGIN_MS = 10_000;

/** A call that is about to be made, at `now` (Unix ms), and lasts `hold_ms` at most. */
export interface TimedCall extends Omit<CallToPay, "ends_by"> {
  hold_ms: number;
  now: number;
}

/**
 * Reserves the worst case of a call; null where no budget applies. Throws CompletionFailed where no
 * budget has the money.
 */
export async function reserveForCall(
  budget: ExecutionBudget | null,
  { hold_ms, now, patience_ms, ...call }: TimedCall,
): Promise<CallMoney | null> {
  if (!budget) return null;
  // The call waits for its admission, and then has its time.
  const ends_by = now + 2 * hold_ms + ENDS_MARGIN_MS;
  try {
    return await budget.reserve({ ...call, ends_by, patience_ms: Math.min(patience_ms, LONGEST_PATIENCE_MS) });
  } catch (thrown) {
    const error = toAppError(thrown);
    // Another isolate may reach budgets that this one does not.
    throw new CompletionFailed(error, [], null, error.code === "provider_overloaded");
  }
}
