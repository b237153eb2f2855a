import { AppError } from "../../domain/errors.ts";
import type { ExecutionRequest } from "../../domain/executions/execution-options.ts";
import type { RunKey, RunRepository } from "../../storage/runs/run-repository.ts";
import type { BatchDeps } from "../batches/batch-deps.ts";
import { boundCost, mostSpent } from "../batches/bound-cost.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";

/** Thrown in place of an execution that what is left of a run's money does not cover. */
export class RunLimitReached extends Error {
  constructor() {
    super("The run's money does not cover the next execution.");
  }
}

/** What {@link spendWithinLimit} needs. */
export interface LimitedSpendingDeps extends Pick<BatchDeps, "resolve" | "route"> {
  execute: Pick<ExecutePrompt, "run">;
}

/**
 * The executor of a run with a cost limit, in nano-dollars: it sets the worst cost of each
 * execution aside on the run's row before the first call, and gives back what was not spent. What
 * a worker that vanished had set aside counts as spent, so the limit holds. Throws
 * {@link RunLimitReached} where too little is left. Without a limit it executes as everybody.
 */
export function spendWithinLimit(
  deps: LimitedSpendingDeps,
  runs: Pick<RunRepository<never, never>, "reserve" | "release">,
  key: RunKey,
  limit: number | null,
): Pick<ExecutePrompt, "run"> {
  const { execute } = deps;
  if (limit === null) return execute;
  return {
    async run(request: ExecutionRequest, ...more) {
      const bound = await boundCost(deps, request);
      const reserved = Math.ceil(bound.nanousd);
      if (!(await runs.reserve(key, reserved, limit))) throw new RunLimitReached();
      let spent = reserved;
      try {
        const executed = await execute.run(bound.request, ...more);
        spent = mostSpent(executed.execution, reserved, executed.uncounted);
        return executed;
      } catch (thrown) {
        if (thrown instanceof ExecutionFailed) spent = mostSpent(thrown.execution, reserved, thrown.uncounted);
        // Bad input is found before the first call.
        else if (thrown instanceof AppError && thrown.status < 500) spent = 0;
        throw thrown;
      } finally {
        await runs.release(key, reserved - Math.ceil(spent));
      }
    },
  };
}
