import { and, count, desc, eq, isNotNull, sum } from "drizzle-orm";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** The feedback on one model's answers: how many scores, and their sum. */
export interface ModelScores {
  model: string;
  count: number;
  sum: number;
}

/** How many of a prompt's newest executions on each shard are looked at: the bound of the query's work, and how far back the history goes. */
export const RECENT_EXECUTIONS = 1000;

/** Feedback as it was recorded with executions. */
export interface FeedbackRepository {
  /** The scores of a prompt's newest executions by model, over all shards; a model can come once from each. */
  scores(tenantId: string, promptName: string): Promise<ModelScores[]>;
}

/** The repository over the shards. */
export function createFeedbackRepository(shards: Shards): FeedbackRepository {
  return {
    async scores(tenantId, promptName) {
      const parts = await Promise.all([...shards.all.values()].map((db) => scoresOnShard(db, tenantId, promptName)));
      return parts.flat();
    },
  };
}

async function scoresOnShard(db: Database, tenantId: string, promptName: string): Promise<ModelScores[]> {
  const recent = db
    .select({ model: executions.model, score: executions.feedback_score })
    .from(executions)
    .where(and(eq(executions.tenant_id, tenantId), eq(executions.prompt_name, promptName)))
    .orderBy(desc(executions.id))
    .limit(RECENT_EXECUTIONS)
    .as("recent");
  const rows = await db
    .select({ model: recent.model, count: count(recent.score), sum: sum(recent.score) })
    .from(recent)
    .where(isNotNull(recent.score))
    .groupBy(recent.model);
  return rows.flatMap((row) =>
    row.model === null ? [] : [{ model: row.model, count: row.count, sum: Number(row.sum) }],
  );
}
