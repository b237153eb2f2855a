import { type SQL, sql } from "drizzle-orm";
import type { BatchHead } from "../../domain/batches/batch-record.ts";
import { IS_HERE } from "../foreign-rows.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** Batches, and items, that one transaction deletes at most. */
const BATCHES_A_STEP = 1_000;
const ITEMS_A_STEP = 2_000;
/**
 * Transactions of one call on each shard: 12,000 executions or 24,000 items of batches a minute.
 */
const MOST_STEPS = 12;
/** Provider batches that one call deletes on each shard. */
const PROVIDER_BATCHES_A_CALL = 1_000;

/** Deletes batches that have ended, with all of their rows, on every shard. Times are Unix ms. */
export class BatchDeletions {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Deletes batches of a kind that ended by `before`, the oldest first and in bounded steps; the
   * next call goes on with the rest. One whose webhook is still due stays. Returns how many are
   * gone.
   */
  async deleteEnded(kind: BatchHead["kind"], before: number): Promise<number> {
    const deleted = await this.#everywhere(async (db) => deleteInSteps(db, endedBy(kind, before)));
    return deleted.reduce((sum, each) => sum + each, 0);
  }

  /** Deletes provider batches that ended and were opened by `before`. */
  async deleteProviderBatches(before: number): Promise<void> {
    await this.#everywhere(async (db) =>
      db.run(sql`
        delete from provider_batches where rowid in (select rowid from provider_batches
          where created_at <= ${before} and state = 'ended' and ${IS_HERE} order by created_at limit ${PROVIDER_BATCHES_A_CALL})`),
    );
  }

  async #everywhere<T>(work: (db: Database) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#shards.all.values()].map(work));
  }
}

function endedBy(kind: BatchHead["kind"], before: number): SQL {
  return sql`from batches where kind = ${kind} and ended_at <= ${before} and webhook_due_at is null and ${IS_HERE}`;
}

async function deleteInSteps(db: Database, ended: SQL): Promise<number> {
  let deleted = 0;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { gone, isOver } = await deleteSome(db, ended);
    deleted += gone;
    if (isOver) break;
  }
  return deleted;
}

/**
 * One transaction. A batch that still has items after it is marked, so that nobody reads a part of
 * it or queues its items again; old code may still show it. The list of batches is the same in each
 * statement, since only the last one takes some out of it.
 */
async function deleteSome(db: Database, ended: SQL): Promise<{ gone: number; isOver: boolean }> {
  const some = sql`select id ${ended} order by ended_at limit ${BATCHES_A_STEP}`;
  const isEmptied = (id: string) => sql`not exists (select 1 from batch_items where batch_id = ${sql.raw(id)})`;
  const [, , , gone = [], rest] = await transact(db, [
    sql`
      delete from batch_items where rowid in (
        select i.rowid from (${some}) b cross join batch_items i on i.batch_id = b.id limit ${ITEMS_A_STEP})`,
    sql`delete from batch_groups where batch_id in (${some}) and ${isEmptied("batch_groups.batch_id")}`,
    sql`update batches set state = 'deleting'
      where id in (${some}) and state <> 'deleting' and not ${isEmptied("batches.id")}`,
    sql`delete from batches where id in (${some}) and ${isEmptied("batches.id")} returning 1`,
    sql`select 1 ${ended} limit 1`,
  ]);
  return { gone: gone.length, isOver: rest?.length !== 1 };
}
