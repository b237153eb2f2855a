import { LOAN_ANSWER_WITHIN_MS } from "../../domain/budgets/client/loan-client.ts";
import type { BudgetsBranchObject, BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import { branchName } from "../../domain/object-names.ts";
import { startPatientTimer } from "../../lib/deadline.ts";
import { type NearDeps, withBranch } from "../gate/near-gate.ts";
import { branchHealths, type NearObjects } from "../gate/near-objects.ts";

/** What isolates ask for money. */
type Lender = Pick<BudgetsObject, "ask">;

/**
 * Finds the budgets that an isolate asks for money: of a large tenant their branch in the region.
 * Loans are the root's in either case, so that any question may take either way. A branch that is
 * silent for too long has failed, but its answer is taken however late: it may lend money.
 */
export function createNearBudgets(
  deps: NearDeps,
  { place, largeTenants, named }: NearObjects<Lender & BudgetsBranchObject>,
) {
  const healthOf = branchHealths();
  return (tenantId: string): Lender => {
    const branch = largeTenants.has(tenantId) ? place.branch : null;
    if (branch === null) return named(tenantId);
    const name = branchName(tenantId, branch);
    const health = healthOf(name);
    return {
      async ask(question) {
        const askRoot = async () => named(tenantId).ask(question);
        if (health.isAway(deps.now())) return askRoot();
        const stop = startPatientTimer(LOAN_ANSWER_WITHIN_MS, () => health.noteFailure(false, deps.now()));
        try {
          return await withBranch(deps, health, async () => named(name).branchAsk(question), askRoot);
        } finally {
          stop();
        }
      },
    };
  };
}
