import { LOAN_ANSWER_WITHIN_MS } from "../../domain/budgets/client/loan-client.ts";
import type { BudgetsBranchObject, BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import { startPatientTimer } from "../../lib/deadline.ts";
import { type Near, type NearDeps, withBranch } from "../gate/near-gate.ts";
import { createBranchFinder, type NearObjects } from "../gate/near-objects.ts";

/** What isolates ask for money. */
type Lender = Pick<BudgetsObject, "ask">;

/**
 * Finds the budgets that an isolate asks for money: of a large tenant their branch in the region.
 * Loans are the root's in either case, so that any question may take either way. A branch that is
 * silent for too long has failed, but its answer is taken however late: it may lend money.
 */
export function createNearBudgets(deps: NearDeps, objects: NearObjects<Lender & BudgetsBranchObject>) {
  const branchOf = createBranchFinder(objects);
  return (tenantId: string): Lender => {
    const near = branchOf(tenantId, tenantId);
    return near ? nearLender(deps, near) : objects.named(tenantId);
  };
}

function nearLender(deps: NearDeps, { branch, root, health }: Near<BudgetsBranchObject, Lender>): Lender {
  return {
    async ask(question) {
      const askRoot = async () => root().ask(question);
      if (health.isAway(deps.now())) return askRoot();
      const stop = startPatientTimer(LOAN_ANSWER_WITHIN_MS, () => health.noteFailure(false, deps.now()));
      try {
        return await withBranch(deps, health, async () => branch().branchAsk(question), askRoot);
      } finally {
        stop();
      }
    },
  };
}
