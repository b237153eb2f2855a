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
}

/** Is told of every execution that ends, on the path of its reply: quick, and never throws. */
export type ObserveExecution = (ended: EndedExecution) => void;
