import { notFound } from "../../domain/errors.ts";
import { isId, timeOfId } from "../../domain/id.ts";
import type { ExecutionRepository, ExecutionRow } from "../../storage/executions/executions.ts";
import type { Clock } from "../../lib/clock.ts";

/**
 * A client knows a stream's id before its record is written. A younger id may not be readable yet.
 * In ms.
 */
const FRESH_MS = 5_000;
/** The pauses between the reads of a fresh id, in ms: about half a second in total. */
const PAUSES_MS = [10, 20, 40, 80, 160, 240];

/** Reads recorded executions and takes feedback on them. */
export interface ReadExecutions {
  /**
   * Reads one execution, and waits briefly for one that has just ended. Throws `not_found` for an
   * unknown id.
   */
  get(tenantId: string, id: string): Promise<ExecutionRow>;
  /** Records an end user's score in [0, 1] for an answer. Throws `not_found` for an unknown id. */
  giveFeedback(tenantId: string, id: string, score: number, comment: string | null): Promise<void>;
}

/** What {@link createReadExecutions} needs. */
export interface ReadExecutionsDeps extends Clock {
  executions: Pick<ExecutionRepository, "find" | "setFeedback">;
  sleep(ms: number): Promise<void>;
}

/** Creates the reader of recorded executions. */
export function createReadExecutions(deps: ReadExecutionsDeps): ReadExecutions {
  async function get(tenantId: string, id: string): Promise<ExecutionRow> {
    if (!isId("exe", id)) throw notFound("execution");
    const age = deps.now() - timeOfId(id);
    const pauses = age >= 0 && age < FRESH_MS ? PAUSES_MS : [];
    for (const pause of [...pauses, 0]) {
      const row = await deps.executions.find(tenantId, id);
      if (row) return row;
      if (pause > 0) await deps.sleep(pause);
    }
    throw notFound("execution");
  }
  return {
    get,
    async giveFeedback(tenantId, id, score, comment) {
      await get(tenantId, id);
      await deps.executions.setFeedback(tenantId, id, score, comment);
    },
  };
}
