import type { Execution } from "../domain/execution.ts";
import type { ExecutionRepository } from "../storage/executions.ts";

/** Characters of an answer that a D1 row (2 MB) keeps, and that a queue's message (128 KB) carries: at most four bytes each, and room for the rest. */
const ROW_TEXT = 400_000;
const MESSAGE_TEXT = 20_000;

/**
 * Records an execution exactly once: in its shard, or, while that shard takes no writes, on the queue whose consumer writes it later.
 * Throws only where both refuse.
 */
export type RecordUsage = (execution: Execution) => Promise<void>;

/** The service over the repository and the queue. */
export function createRecordUsage(
  executions: Pick<ExecutionRepository, "record">,
  queue: { send(execution: Execution): Promise<unknown> },
  onDeferred: (id: string, error: unknown) => void,
): RecordUsage {
  return async function recordUsage(execution) {
    try {
      await executions.record(fit(execution, ROW_TEXT));
    } catch (error) {
      onDeferred(execution.id, error);
      await queue.send(fit(execution, MESSAGE_TEXT));
    }
  };
}

/** The execution with no more of its answer than `length` characters; tokens, cost and outcome are never cut. */
function fit(execution: Execution, length: number): Execution {
  if (execution.output === null || execution.output.length <= length) return execution;
  const { output_json: _dropped, ...rest } = execution;
  return { ...rest, output: execution.output.slice(0, length).toWellFormed(), output_truncated: true };
}
