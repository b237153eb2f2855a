import { and, eq, sql } from "drizzle-orm";
import { promptKey } from "../../domain/shard.ts";
import type { Database, Shards } from "../shards.ts";
import { feedbackScores } from "../feedback-table.ts";

/** The feedback on the answers of a model: the number of scores, and their sum. */
export interface ModelScores {
  model: string;
  count: number;
  sum: number;
}

/** A score that an execution was given, and the one that it replaces. */
export interface GivenScore {
  prompt_name: string;
  model: string;
  score: number;
  before: number | null;
}

/** Sums of this many scores are halved before the next one, so that old feedback fades. */
export const MAX_SCORES = 1000;

/** Reads the scores of a prompt's answers by these models: one row for each, on one shard. */
export async function readFeedbackScores(
  shards: Shards,
  tenantId: string,
  promptName: string,
  models: readonly string[],
): Promise<ModelScores[]> {
  const home = shards.of(promptKey(tenantId, promptName));
  const rows = await readSums(home, tenantId, promptName);
  return models.map((model) => rows.find((row) => row.model === model) ?? { model, count: 0, sum: 0 });
}

/**
 * Adds a score to the sums of its prompt and model, or replaces the one that it was given before.
 */
export async function addFeedbackScore(shards: Shards, tenantId: string, given: GivenScore): Promise<void> {
  const { prompt_name, model, score, before } = given;
  const isFull = sql`${feedbackScores.count} >= ${MAX_SCORES}`;
  const kept = sql`case when ${isFull} then ${feedbackScores.count} / 2 else ${feedbackScores.count} end`;
  const worth = sql`${feedbackScores.sum} * (${kept}) / max(1, ${feedbackScores.count})`;
  await shards
    .of(promptKey(tenantId, prompt_name))
    .insert(feedbackScores)
    .values({ tenant_id: tenantId, prompt_name, model, count: 1, sum: score })
    .onConflictDoUpdate({
      target: [feedbackScores.tenant_id, feedbackScores.prompt_name, feedbackScores.model],
      set: {
        count: sql`(${kept}) + ${before === null ? 1 : 0}`,
        sum: sql`max(0, ${worth} + ${score - (before ?? 0)})`,
      },
    });
}

/** All rows of a prompt: one for each model whose answers got feedback. */
async function readSums(db: Database, tenantId: string, promptName: string): Promise<ModelScores[]> {
  const { tenant_id, prompt_name, model, count: scores, sum: total } = feedbackScores;
  return db
    .select({ model, count: scores, sum: total })
    .from(feedbackScores)
    .where(and(eq(tenant_id, tenantId), eq(prompt_name, promptName)));
}
