import { and, eq, lte, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { BatchHead, BatchRecord, ItemRecord, ListedBatch } from "../../domain/batches/batch-record.ts";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import { entriesForRows } from "../audit/audited.ts";
import { type BatchQuery, listBatches } from "./batch-list.ts";
import { endIfDone, inputAfter, IS_WHOLE, jsonChunks, recountGroups } from "./batch-sql.ts";
import { IS_HERE } from "../foreign-rows.ts";
import { fillWindow, joinLine } from "./group-line.ts";
import { type FreshExecution, requeueFailed } from "./requeue-failed.ts";
import { batches, batchGroups } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** The row of a batch. */
export type BatchRow = typeof batches.$inferSelect;

/**
 * One upload. The time when it began tells it from a later one under the same id, which another
 * worker may begin after this one was given up.
 */
export type Upload = Pick<NewBatch, "tenant_id" | "id" | "created_at">;

/** What is known when an upload begins; {@link BatchRepository.open} adds the rest. */
export type NewBatch = Pick<BatchRow, "id" | "tenant_id" | "key_id" | "kind" | "created_at">;
/** What a batch is opened with. */
export type BatchSettings = Pick<
  BatchRow,
  "lane" | "mode" | "request" | "asked" | "max_cost_nanousd" | "webhook_url" | "webhook_secret"
>;

/**
 * An uploaded item: an original with a group and variables (JSON), or a copy that names the
 * position of its original (`same_as`).
 */
export interface NewItem {
  position: number;
  custom_id: string | null;
  group: number | null;
  same_as: number | null;
  variables: string | null;
  execution_id: string | null;
}

/** Batches on their tenant's shard: upload, open, read, cancel, redrive. */
export class BatchRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Begins an upload, whose items cannot run before {@link open}. False, and there is none, where
   * the tenant's backlog has more than `mostBytes`.
   */
  async begin(batch: NewBatch, mostBytes: number): Promise<boolean> {
    const { id, tenant_id, key_id, kind, created_at } = batch;
    const begun = await this.#home(tenant_id).all(sql`
      insert into batches (id, tenant_id, key_id, kind, lane, mode, state, created_at)
      select ${id}, ${tenant_id}, ${key_id}, ${kind}, 'batch', 'queue', 'uploading', ${created_at}
      where ${bytesOpen(tenant_id)} <= ${mostBytes} returning 1`);
    return begun.length === 1;
  }

  /**
   * Adds items to an upload, which count `bytes` until it has ended; adds nothing if the upload is
   * gone, which {@link open} then says. Returns the bytes of the tenant's backlog.
   */
  async add(upload: Upload, items: readonly NewItem[], bytes: number): Promise<number> {
    const results = await transact(this.#home(upload.tenant_id), [
      ...jsonChunks(items).map((chunk) => insertItems(upload, chunk)),
      sql`update ${batches} set open_bytes = open_bytes + ${bytes} where ${isUploading(upload)}`,
      sql`select ${bytesOpen(upload.tenant_id)} as bytes`,
    ]);
    return Number(results.at(-1)?.[0]?.["bytes"]);
  }

  /**
   * Accepts an upload, in one transaction. In mode `queue` its groups stand in their tenant's line;
   * returns those whose turn it is, which the sweep wakes again from `wakeAt` on. Throws if the
   * upload is gone.
   */
  async open(upload: Upload, settings: BatchSettings, wakeAt: number): Promise<GroupKey[]> {
    return openUpload(this.#home(upload.tenant_id), upload, settings, wakeAt);
  }

  /**
   * Deletes an upload and its items, or without `createdAt` every upload under the id. A batch that
   * is open already stays.
   */
  async abandon(tenantId: string, batchId: string, createdAt?: number): Promise<void> {
    const db = this.#home(tenantId);
    const mine = and(
      eq(batches.id, batchId),
      eq(batches.tenant_id, tenantId),
      eq(batches.state, "uploading"),
      createdAt === undefined ? undefined : eq(batches.created_at, createdAt),
    );
    await transact(db, [
      sql`delete from batch_items where batch_id = (select id from ${batches} where ${mine})`,
      db.delete(batches).where(mine).getSQL(),
    ]);
  }

  /** Deletes on each shard at most one upload that began before `before`. */
  async sweepUploads(before: number): Promise<void> {
    await Promise.all([...this.#shards.all.values()].map(async (db) => deleteStaleUpload(db, before)));
  }

  /** An accepted batch. */
  async find(tenantId: string, batchId: string): Promise<BatchRecord | undefined> {
    return findBatch(this.#home(tenantId), tenantId, batchId);
  }

  /**
   * An accepted batch without its sums, which take a row of every group to read. Running a
   * group needs no more than this.
   */
  async findHead(tenantId: string, batchId: string): Promise<BatchHead | undefined> {
    const mine = and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), IS_WHOLE);
    const [row] = await this.#home(tenantId).select().from(batches).where(mine);
    return row;
  }

  /** A tenant's batches, newest first; up to `limit + 1`. */
  async list(tenantId: string, query: BatchQuery): Promise<ListedBatch[]> {
    return listBatches(this.#home(tenantId), tenantId, query);
  }

  /** Items from a position on, in their order. */
  async items(tenantId: string, batchId: string, from: number, limit: number): Promise<ItemRecord[]> {
    const rows = await this.#home(tenantId).all<Omit<ItemRecord, "error"> & { error: string | null }>(sql`
        select i.position, i.custom_id, coalesce(o.state, i.state) as state,
          coalesce(o.execution_id, i.execution_id) as execution_id, coalesce(o.error, i.error) as error
        from batch_items i left join batch_items o on o.batch_id = i.batch_id and o.position = i.same_as
        where i.batch_id = ${batchId} and i.position >= ${from} order by i.position limit ${limit}`);
    return rows.map(({ error, ...row }) => ({ ...row, error: parseError(error) }));
  }

  /**
   * Cancels the queued items; running ones end by themselves. `webhook`: the batch ended with this
   * and has a webhook to send. An asynchronous execution, a batch of one, has no entry in the audit
   * log.
   */
  async cancel(tenantId: string, batchId: string, now: number): Promise<{ webhook: boolean }> {
    const db = this.#home(tenantId);
    const note = { tenant_id: tenantId, action: "batch.cancelled", object: sql`'batch:' || id` } as const;
    const isOpen = sql`id = ${batchId} and tenant_id = ${tenantId} and state = 'open' and ended_at is null`;
    const [, , , , ended] = await transact(db, [
      entriesForRows(note, sql`batches where ${isOpen} and kind = 'batch'`),
      sql`update batches set state = 'cancelled' where ${isOpen}`,
      sql`update batch_items set state = 'cancelled', variables = ${inputAfter(sql`'cancelled'`)}
          where batch_id = ${batchId} and state = 'queued'
          and group_number is not null
          and exists (select 1 from batches where id = ${batchId} and tenant_id = ${tenantId} and state = 'cancelled')`,
      recountGroups(batchId),
      endIfDone(batchId, now),
    ]);
    return { webhook: ended?.[0]?.["webhook"] === 1 };
  }

  /** Positions of the failed items. */
  async failedItems(tenantId: string, batchId: string): Promise<number[]> {
    const rows = await this.#home(tenantId).all<{ position: number }>(sql`
        select position from batch_items where batch_id = ${batchId} and state = 'failed' order by position`);
    return rows.map((row) => row.position);
  }

  /**
   * Queues failed items again under fresh execution ids. Their groups stand in the line of the
   * batch lane; returns the groups whose turn it is.
   */
  async requeueFailed(
    tenantId: string,
    batchId: string,
    fresh: readonly FreshExecution[],
    wakeAt: number,
  ): Promise<GroupKey[]> {
    return requeueFailed(this.#home(tenantId), tenantId, batchId, fresh, wakeAt);
  }

  #home(tenantId: string): Database {
    return this.#shards.of(tenantId);
  }
}

/** The bytes of a tenant's backlog. */
function bytesOpen(tenantId: string): SQL {
  return sql`coalesce((select bytes from tenant_backlogs where tenant_id = ${tenantId}), 0)`;
}

function isUploading({ tenant_id, id, created_at }: Upload) {
  return and(
    eq(batches.id, id),
    eq(batches.tenant_id, tenant_id),
    eq(batches.state, "uploading"),
    eq(batches.created_at, created_at),
  );
}

/** One statement and one bound value insert a whole chunk of items. */
function insertItems(upload: Upload, rows: string): SQL {
  const field = (name: string) => sql`json_extract(value, ${sql.raw(`'$.${name}'`)})`;
  return sql`
    insert into batch_items (batch_id, position, group_number, same_as, custom_id, variables, execution_id, state)
    select ${upload.id}, ${field("position")}, ${field("group")}, ${field("same_as")}, ${field("custom_id")},
      ${field("variables")}, ${field("execution_id")}, 'queued'
    from json_each(${rows})
    where exists (select 1 from ${batches} where ${isUploading(upload)})`;
}

async function openUpload(db: Database, upload: Upload, settings: BatchSettings, wakeAt: number): Promise<GroupKey[]> {
  const { tenant_id: tenantId, id: batchId } = upload;
  const uploading = isUploading(upload);
  const line = { tenant_id: tenantId, lane: settings.lane };
  const [, , opened, , woken] = await transact(db, [
    sql`
      update batch_items set copies = 1 + (select count(*) from batch_items c
        where c.batch_id = ${batchId} and c.same_as = batch_items.position)
      where batch_id = ${batchId} and position in (select same_as from batch_items
        where batch_id = ${batchId} and same_as is not null)`,
    sql`
      insert into batch_groups (batch_id, number, tenant_id, queued, wake_at)
      select batch_id, group_number, ${tenantId}, sum(copies), ${wakeAt} from batch_items
      where batch_id = ${batchId} and group_number is not null
        and exists (select 1 from ${batches} where ${uploading})
      group by group_number`,
    db
      .update(batches)
      .set({ ...settings, state: "open" })
      .where(uploading)
      .returning({ id: batches.id })
      .getSQL(),
    ...(settings.mode === "queue" ? [joinLine(batchId, line, wakeAt), fillWindow(line, wakeAt)] : []),
  ]);
  if (opened?.length !== 1) throw new Error("an upload was swept or given up before it ended");
  return (woken ?? []) as unknown as GroupKey[];
}

async function deleteStaleUpload(db: Database, before: number): Promise<void> {
  const [stale] = await db
    .select({ id: batches.id })
    .from(batches)
    .where(and(eq(batches.state, "uploading"), lte(batches.created_at, before), IS_HERE))
    .limit(1);
  if (!stale) return;
  await transact(db, [
    sql`delete from batch_items where batch_id = ${stale.id}
              and exists (select 1 from batches where id = ${stale.id} and state = 'uploading' and ${IS_HERE})`,
    db
      .delete(batches)
      .where(and(eq(batches.id, stale.id), eq(batches.state, "uploading"), IS_HERE))
      .getSQL(),
  ]);
}

async function findBatch(db: Database, tenantId: string, batchId: string): Promise<BatchRecord | undefined> {
  const [rows, sums] = await db.batch([
    db
      .select()
      .from(batches)
      .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), IS_WHOLE)),
    db
      .select({
        queued: sumOf(batchGroups.queued),
        running: sumOf(batchGroups.running),
        succeeded: sumOf(batchGroups.succeeded),
        failed: sumOf(batchGroups.failed),
        cancelled: sumOf(batchGroups.cancelled),
        cost_nanousd: sumOf(batchGroups.cost_nanousd),
      })
      .from(batchGroups)
      .where(and(eq(batchGroups.batch_id, batchId), eq(batchGroups.tenant_id, tenantId))),
  ]);
  const [row] = rows;
  const [sum] = sums;
  if (!row || !sum) return undefined;
  const { cost_nanousd, queued, running, succeeded, failed, cancelled } = sum;
  const total = queued + running + succeeded + failed + cancelled;
  return { ...row, cost_nanousd, counts: { total, queued, running, succeeded, failed, cancelled } };
}

function sumOf(column: SQLiteColumn) {
  return sql<number>`coalesce(sum(${column}), 0)`;
}

function parseError(text: string | null): ExecutionError | null {
  return text === null ? null : (JSON.parse(text) as ExecutionError);
}
