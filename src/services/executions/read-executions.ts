import { notFound } from "../../domain/errors.ts";
import { isId, timeOfId } from "../../domain/id.ts";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/**
 * A record is written within about two seconds of the longest execution, ms after its id is made.
 */
const FRESH_MS = MAX_TIMEOUT_MS + 2_000;
/**
 * How long a read of a fresh id waits for a record of another isolate, step by step: about two
 * seconds in all, twice as long as records wait for company.
 */
const WAITS_MS = [20, 50, 100, 200, 400, 600, 600];

/** Reading of recorded executions. */
export interface ReadExecutions {
  /**
   * One execution; waits a moment for one that ended just now. `not_found` where the tenant has
   * none of this id.
   */
  get(tenantId: string, id: string): Promise<RecordedExecution>;
  /** One execution, without waiting; undefined if the tenant has none of this id. */
  find(tenantId: string, id: string): Promise<RecordedExecution | undefined>;
  /** Records what an end user thought of an answer. */
  giveFeedback(tenantId: string, id: string, score: number, comment: string | null): Promise<void>;
}

/** What {@link createReadExecutions} needs. */
export interface ReadExecutionsDeps extends Clock, Pick<RecordUsage, "flush"> {
  executions: Pick<ExecutionRepository, "find" | "setFeedback">;
  sleep(ms: number): Promise<void>;
}

/** The service. */
export function createReadExecutions(deps: ReadExecutionsDeps): ReadExecutions {
  async function get(tenantId: string, id: string): Promise<RecordedExecution> {
    if (!isId("exe", id)) throw notFound("execution");
    const age = deps.now() - timeOfId(id);
    await deps.flush(tenantId);
    const waits = age >= 0 && age < FRESH_MS ? WAITS_MS : [];
    for (const wait of [...waits, 0]) {
      const row = await deps.executions.find(tenantId, id);
      if (row) return row;
      if (wait > 0) await deps.sleep(wait);
    }
    throw notFound("execution");
  }
  return {
    get,
    find: async (tenantId, id) => deps.executions.find(tenantId, id),
    async giveFeedback(tenantId, id, score, comment) {
      await get(tenantId, id);
      await deps.executions.setFeedback(tenantId, id, score, comment);
    },
  };
}
