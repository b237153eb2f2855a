import type { BudgetState } from "../../../src/domain/budgets/budget.ts";
import { type BudgetWindow, windowStart } from "../../../src/domain/budgets/budget-window.ts";
import { boundOf } from "./check-replies.ts";
import type { Judge } from "./judge.ts";
import type { LentWindow } from "./loan-log.ts";
import { BUDGETED_TENANT } from "./tenant-budgets.ts";
import { billOf, type PaidCall } from "./paid-call.ts";

/** A loan is silent for this long until it counts as spent, and a restart waits as long, in ms. */
export const LOANS_END_MS = 2 * 900_000;
/**
 * A call that got its money this soon after midnight may have got it out of a loan of the day
 * before, in ms: what is held ends with the day, but the clock of a message does not.
 */
const TURN_MS = 5_000;

/** What the tenant with budgets paid, and what its budgets count of that, in nano-dollars. */
export interface Purse {
  purse_paid: number;
  purse_counted: number;
}

/** How the budgets of a tenant stand at the end of a world, and what was lent in each window. */
export interface PurseTruth {
  calls: readonly PaidCall[];
  states: readonly BudgetState[];
  windows: readonly LentWindow[];
  /** Whether the books still have a loan. */
  hasLoans: boolean;
  /** Unix ms. */
  now: number;
}

/**
 * What a provider billed for each scope is within its budget in each window and counted there, and
 * no money is lent any more. A call belongs to the day on which its money was lent. One that broke
 * off may be counted at less than its bill by as much as its record. More than the limit may be
 * counted: a restart counts money as lent that had come back and was lent again, and if its isolate
 * is gone, too, it counts as spent.
 */
export function checkBudgets(judge: Judge, { calls, states, windows, hasLoans, now }: PurseTruth): Purse {
  const own = calls.filter(({ key }) => key.startsWith(`${BUDGETED_TENANT}-`));
  for (const { scope, window, start, limit, kept } of windows) {
    const { paid, bound } = sumOf(own, { scope, window, start });
    const name = `the ${window} budget of ${scope} from ${start}`;
    if (paid > limit) judge.accuse("purse", `${name} is ${limit}, and ${paid} was paid`);
    if (kept + bound + 1 < paid) judge.accuse("purse", `${name} lent ${kept} of ${paid} paid (± ${bound})`);
  }
  for (const { scope, window, spent, reserved } of states) {
    const { paid, bound } = sumOf(own, { scope, window, start: windowStart(window, now) });
    const name = `the ${window} budget of ${scope}`;
    if (spent + bound + 1 < paid) judge.accuse("purse", `${name} counts ${spent} of ${paid} paid (± ${bound})`);
    if (reserved !== 0) judge.accuse("loans", `${name} has ${reserved} lent, and nothing is under way`);
  }
  if (hasLoans) judge.accuse("loans", "the books have a loan, and nothing is under way");
  const ofTenant = windows.filter(({ scope, window }) => scope === "tenant" && window === "daily");
  const counted = ofTenant.reduce((sum, { kept }) => sum + kept, 0);
  const { paid, bound } = sumOf(own, { scope: "tenant" });
  if (counted + bound + 1 < paid) judge.accuse("purse", `all days lent ${counted} of ${paid} paid (± ${bound})`);
  return { purse_paid: paid, purse_counted: counted };
}

/** What was billed for a scope; of a window, what belongs to it for certain. */
function sumOf(calls: readonly PaidCall[], { scope, window, start }: Partial<WindowOf> & { scope: string }) {
  const prompt = scope.startsWith("prompt:") ? scope.slice("prompt:".length) : null;
  const charged = calls.filter(({ question, lent_at }) => {
    if (prompt !== null && !question.startsWith(`${prompt} `)) return false;
    return window === undefined || [0, TURN_MS].every((ms) => windowStart(window, lent_at - ms) === start);
  });
  const paid = charged.reduce((sum, call) => sum + billOf(call), 0);
  return { paid, bound: charged.reduce((sum, call) => sum + (call.isDelivered ? 0 : boundOf(call)), 0) };
}

/** A window of a scope. */
interface WindowOf {
  scope: string;
  window: BudgetWindow;
  start: number;
}
