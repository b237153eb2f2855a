import type { Execution, RecordedExecution } from "../../domain/executions/execution.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { OldExecutions, OldRows } from "../../storage/executions/old-executions.ts";
import { isRowFault, type UnwrittenRecords, writeRecords } from "./write-records.ts";

/** What {@link moveExecutions} needs. */
export interface MoveExecutionsDeps {
  executions: Pick<ExecutionRepository, "byShard" | "recordAll" | "adoptFeedback">;
  oldExecutions: Pick<OldExecutions, "oldest" | "after" | "delete">;
  /** Hears of executions that the ledger did not take, which stay where they are. */
  onUnmoved(records: UnwrittenRecords): void;
}

/** The most executions of a shard that one call moves. */
const MOVE_STEP = 200;
/** The most steps of a shard that one call looks at because nothing of those before it can move. */
const MAX_STEPS = 10;
/** How long an object of the ledger may take, ms. */
const TIMEOUT_MS = 10_000;

/**
 * Moves executions from before the ledger out of D1, the oldest first. They are in the ledger
 * before they are deleted, so a crash in between only repeats a step. One that the ledger can never
 * take stays, and those after it move on. Returns how many it moved.
 */
export async function moveExecutions(deps: MoveExecutionsDeps): Promise<number> {
  const shards = await deps.oldExecutions.oldest(MOVE_STEP);
  const moved = await Promise.all(shards.map(async (shard) => moveSome(deps, shard)));
  return moved.reduce((sum, count) => sum + count, 0);
}

async function moveSome(deps: MoveExecutionsDeps, { db, rows }: OldRows): Promise<number> {
  let step = rows;
  for (let steps = 0; steps < MAX_STEPS && step.length > 0; steps++) {
    const unmoved = await writeRecords(deps, step.map(withoutFeedback), TIMEOUT_MS);
    for (const records of unmoved) deps.onUnmoved(records);
    const left = new Set(unmoved.flatMap(({ executions }) => executions.map(({ id }) => id)));
    const moved = step.filter(({ id }) => !left.has(id));
    for (const [tenantId, some] of Map.groupBy(moved, (row) => row.tenant_id)) {
      await deps.executions.adoptFeedback(tenantId, some.flatMap(feedbackOf));
    }
    if (moved.length > 0) await deps.oldExecutions.delete(db, moved);
    if (moved.length > 0 || !unmoved.every(({ error }) => isRowFault(error))) return moved.length;
    step = await deps.oldExecutions.after(db, step.at(-1)?.id ?? "", MOVE_STEP);
  }
  return 0;
}

function withoutFeedback({ feedback_score: _score, feedback_comment: _comment, ...row }: RecordedExecution): Execution {
  return row;
}

function feedbackOf({ id, feedback_score: score, feedback_comment: comment }: RecordedExecution) {
  return score === null ? [] : [{ id, score, comment }];
}
