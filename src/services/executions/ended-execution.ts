import type { Attempt } from "../../domain/completions/attempt.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import type { Timings } from "../../domain/executions/timings.ts";
import type { PreparedExecution } from "./to-execution.ts";

/**
 * An execution that has ended, for those who watch executions, such as metrics and traces. All that
 * they tell is a fold over this.
 */
export interface EndedExecution {
  /** What it was asked for and prepared with. */
  prepared: PreparedExecution;
  /** Its record, with the answer. */
  execution: Execution;
  attempts: readonly Attempt[];
  /** How long its phases took, the time that its caller waited for them included. */
  timings: Timings;
  /** Whether a batch of the provider's own made it: nobody waited, so its time says nothing. */
  isProviderBatch?: true;
}

/** Is told of every execution that ends, on the path of its reply: quick, and never throws. */
export type ObserveExecution = (ended: EndedExecution) => void;

/**
 * Tells each of some watchers. The fault of one is reported and goes no further: the execution that
 * it is told of may be paid, and is neither recorded nor answered yet.
 */
export function tellEach(
  watchers: readonly ObserveExecution[],
  onFault: (event: string, error: unknown, ids: Record<string, string>) => void,
): ObserveExecution {
  return (ended) => {
    for (const watch of watchers) {
      try {
        watch(ended);
      } catch (error) {
        onFault("execution_unobserved", error, { id: ended.execution.id });
      }
    }
  };
}
