import type { Execution, RecordedExecution } from "../../domain/executions/execution.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { OldExecutions } from "../../storage/executions/old-executions.ts";

/** What {@link moveExecutions} needs. */
export interface MoveExecutionsDeps {
  executions: Pick<ExecutionRepository, "recordAll" | "adoptFeedback">;
  oldExecutions: Pick<OldExecutions, "oldest" | "delete">;
}

/** The most executions of a shard that one call moves. */
const MOVE_STEP = 200;

/**
 * Moves executions from before the ledger out of D1, the oldest first. They are in the ledger
 * before they are deleted, so a crash in between only repeats a step. Returns how many it moved.
 */
export async function moveExecutions(deps: MoveExecutionsDeps): Promise<number> {
  const shards = await deps.oldExecutions.oldest(MOVE_STEP);
  const moved = await Promise.all(
    shards.map(async ({ db, rows }) => {
      if (rows.length === 0) return 0;
      await deps.executions.recordAll(rows.map(withoutFeedback));
      for (const [tenantId, some] of Map.groupBy(rows, (row) => row.tenant_id)) {
        await deps.executions.adoptFeedback(tenantId, some.flatMap(feedbackOf));
      }
      await deps.oldExecutions.delete(db, rows);
      return rows.length;
    }),
  );
  return moved.reduce((sum, count) => sum + count, 0);
}

function withoutFeedback({ feedback_score: _score, feedback_comment: _comment, ...row }: RecordedExecution): Execution {
  return row;
}

function feedbackOf({ id, feedback_score: score, feedback_comment: comment }: RecordedExecution) {
  return score === null ? [] : [{ id, score, comment }];
}
