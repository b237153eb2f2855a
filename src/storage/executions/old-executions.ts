import { and, asc, eq, gt, lte, sql } from "drizzle-orm";
import type { RecordedExecution } from "../../domain/executions/execution.ts";
import { bucketOf } from "../../domain/shard.ts";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** Executions of one shard. */
export interface OldRows {
  db: Database;
  rows: RecordedExecution[];
}

/** The most characters of answers that one step reads from a shard. */
const MAX_STEP = 4_000_000;

/**
 * Executions in D1 from before the ledger. Nothing writes them any more; the cron moves them to the
 * ledger, and until then they are found here by their ids.
 */
export class OldExecutions {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** The executions among these ids that are here, with one read a shard. */
  async findAll(tenantId: string, ids: readonly string[]): Promise<RecordedExecution[]> {
    const bucketOfId = (id: string) => bucketOf(`${tenantId}/${id}`);
    const found = await this.#shards.inGroups(ids, bucketOfId, async (db, some) => {
      const isWanted = sql`${executions.id} in (select value from json_each(${JSON.stringify(some)}))`;
      return db
        .select()
        .from(executions)
        .where(and(eq(executions.tenant_id, tenantId), isWanted));
    });
    return found.flat();
  }

  /** The oldest executions of each shard, as far as they fit into a step's memory. */
  async oldest(limit: number): Promise<OldRows[]> {
    return Promise.all(
      [...this.#shards.all.values()].map(async (db) => ({ db, rows: await this.after(db, "", limit) })),
    );
  }

  /** The oldest executions of one shard after an id. */
  async after(db: Database, id: string, limit: number): Promise<RecordedExecution[]> {
    const last = lastWithin(await sizes(db, id, limit));
    if (last === undefined) return [];
    return db
      .select()
      .from(executions)
      .where(and(gt(executions.id, id), lte(executions.id, last)))
      .orderBy(asc(executions.id));
  }

  /**
   * Deletes executions of one shard, as they were read. While a deployment is under way, an older
   * version may write an end or feedback in between, which must be moved, too.
   */
  async delete(db: Database, rows: readonly RecordedExecution[]): Promise<void> {
    const read = rows.map(({ id, status, attempts, feedback_score }) => [id, status, attempts, feedback_score ?? ""]);
    const { id, status, attempts, feedback_score } = executions;
    const now = sql`(${id}, ${status}, ${attempts}, coalesce(${feedback_score}, ''))`;
    const values = sql.raw("value ->> 0, value ->> 1, value ->> 2, value ->> 3");
    await db.delete(executions).where(sql`${now} in (select ${values} from json_each(${JSON.stringify(read)}))`);
  }
}

async function sizes(db: Database, after: string, limit: number): Promise<Array<{ id: string; size: number }>> {
  const size = sql<number>`coalesce(length(output), 0) + coalesce(length(output_json), 0)`;
  const isAfter = gt(executions.id, after);
  return db
    .select({ id: executions.id, size })
    .from(executions)
    .where(isAfter)
    .orderBy(asc(executions.id))
    .limit(limit);
}

/** The last id of those that fit into a step; at least the first one. */
function lastWithin(rows: ReadonlyArray<{ id: string; size: number }>): string | undefined {
  let room = MAX_STEP;
  const fitting = rows.filter(({ size }, index) => {
    room -= size;
    return index === 0 || room >= 0;
  });
  return fitting.at(-1)?.id;
}
