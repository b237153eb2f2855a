import { and, count, desc, eq, isNotNull, sum } from "drizzle-orm";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** The feedback on the answers of a model: the number of scores, and their sum. */
export interface ModelScores {
  model: string;
  count: number;
  sum: number;
}

/**
 * The newest executions of a prompt that are read on each shard. They bound the work of the query,
 * and the age of the feedback that counts.
 */
export const RECENT_EXECUTIONS = 1000;

/** Reads the scores of a prompt by model from all shards. A model may come once from each. */
export async function readFeedbackScores(shards: Shards, tenantId: string, promptName: string): Promise<ModelScores[]> {
  const parts = await Promise.all([...shards.all.values()].map((db) => scoresOnShard(db, tenantId, promptName)));
  return parts.flat();
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
