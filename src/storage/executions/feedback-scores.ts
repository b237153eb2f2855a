import { and, count, desc, eq, isNotNull, sql, sum } from "drizzle-orm";
import { promptKey } from "../../domain/shard.ts";
import { executions } from "../schema.ts";
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

/**
 * The newest executions of a prompt that are read on each shard to count the feedback from before
 * there were sums. They bound the work of that one time.
 */
export const RECENT_EXECUTIONS = 1000;
/** Sums of this many scores are halved before the next one, so that old feedback fades. */
export const MAX_SCORES = 1000;

/**
 * Reads the scores of a prompt's answers by these models: one row for each, on one shard. A model
 * without a row is counted from the prompt's recent executions on all shards, once. A score that is
 * given while they are counted may be missed.
 */
export async function readFeedbackScores(
  shards: Shards,
  tenantId: string,
  promptName: string,
  models: readonly string[],
): Promise<ModelScores[]> {
  const home = shards.of(promptKey(tenantId, promptName));
  const known = (await readSums(home, tenantId, promptName)).filter((row) => models.includes(row.model));
  const missing = models.filter((model) => known.every((row) => row.model !== model));
  if (missing.length === 0) return known;
  const parts = await Promise.all([...shards.all.values()].map((db) => countOnShard(db, tenantId, promptName)));
  const counted = missing.map((model) => addUp(model, parts.flat()));
  const rows = counted.map((row) => ({ tenant_id: tenantId, prompt_name: promptName, ...row }));
  await home.insert(feedbackScores).values(rows).onConflictDoNothing();
  return [...known, ...counted];
}

/**
 * Adds a score to the sums of its prompt and model, or replaces the one that it was given before.
 * Without a row it changes nothing: the execution's own row has the score, and is counted later.
 */
export async function addFeedbackScore(shards: Shards, tenantId: string, given: GivenScore): Promise<void> {
  const { prompt_name, model, score, before } = given;
  const isFull = sql`${feedbackScores.count} >= ${MAX_SCORES}`;
  const kept = sql`case when ${isFull} then ${feedbackScores.count} / 2 else ${feedbackScores.count} end`;
  const worth = sql`${feedbackScores.sum} * (${kept}) / max(1, ${feedbackScores.count})`;
  await shards
    .of(promptKey(tenantId, prompt_name))
    .update(feedbackScores)
    .set({
      count: sql`(${kept}) + ${before === null ? 1 : 0}`,
      sum: sql`max(0, ${worth} + ${score - (before ?? 0)})`,
    })
    .where(
      and(
        eq(feedbackScores.tenant_id, tenantId),
        eq(feedbackScores.prompt_name, prompt_name),
        eq(feedbackScores.model, model),
      ),
    );
}

/** All rows of a prompt: there is one for each model that a reader asked for. */
async function readSums(db: Database, tenantId: string, promptName: string): Promise<ModelScores[]> {
  const { tenant_id, prompt_name, model, count: scores, sum: total } = feedbackScores;
  return db
    .select({ model, count: scores, sum: total })
    .from(feedbackScores)
    .where(and(eq(tenant_id, tenantId), eq(prompt_name, promptName)));
}

async function countOnShard(db: Database, tenantId: string, promptName: string): Promise<ModelScores[]> {
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

function addUp(model: string, parts: readonly ModelScores[]): ModelScores {
  const mine = parts.filter((part) => part.model === model);
  return {
    model,
    count: mine.reduce((total, part) => total + part.count, 0),
    sum: mine.reduce((total, part) => total + part.sum, 0),
  };
}
