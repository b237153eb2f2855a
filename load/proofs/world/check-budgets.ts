import type { BudgetState } from "../../../src/domain/budgets/budget.ts";
import { boundOf } from "./check-replies.ts";
import type { Judge } from "./judge.ts";
import { BUDGETED_TENANT } from "./tenant-budgets.ts";
import { billOf, type PaidCall } from "./world-provider.ts";

/** A loan is silent for this long until it counts as spent, and a restart waits as long, in ms. */
export const LOANS_END_MS = 2 * 900_000;

/** What the tenant with budgets paid, and what its budgets count of that, in nano-dollars. */
export interface Purse {
  purse_paid: number;
  purse_counted: number;
}

/**
 * What a provider billed for each scope is within its budget and counted there, and no money is
 * lent any more. A call that broke off may be counted at less than its bill by as much as its
 * record. More than the limit may be counted: a restart counts money as lent that had come back and
 * was lent again, and if its isolate is gone, too, it counts as spent.
 */
export function checkBudgets(judge: Judge, calls: readonly PaidCall[], states: readonly BudgetState[]): Purse {
  const own = calls.filter(({ key }) => key.startsWith(`${BUDGETED_TENANT}-`));
  for (const { scope, window, limit, spent, reserved } of states) {
    const prompt = scope.startsWith("prompt:") ? scope.slice("prompt:".length) : null;
    const charged = own.filter(({ question }) => prompt === null || question.startsWith(`${prompt} `));
    const paid = charged.reduce((sum, call) => sum + billOf(call), 0);
    const bound = charged.reduce((sum, call) => sum + (call.isDelivered ? 0 : boundOf(call)), 0);
    const name = `the ${window} budget of ${scope}`;
    if (paid > limit) judge.accuse("purse", `${name} is ${limit}, and ${paid} was paid`);
    if (spent + bound + 1 < paid) judge.accuse("purse", `${name} counts ${spent} of ${paid} paid (± ${bound})`);
    if (reserved !== 0) judge.accuse("loans", `${name} has ${reserved} lent, and nothing is under way`);
  }
  const counted = states.find(({ scope }) => scope === "tenant")?.spent ?? 0;
  return { purse_paid: own.reduce((sum, call) => sum + billOf(call), 0), purse_counted: counted };
}
