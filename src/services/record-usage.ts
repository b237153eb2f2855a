import type { Execution } from "../domain/execution.ts";
import type { ExecutionRepository } from "../storage/executions.ts";

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
      await executions.record(execution);
    } catch (error) {
      onDeferred(execution.id, error);
      await queue.send(execution);
    }
  };
}
