import { and, eq, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { BatchCounts, ItemState } from "../../domain/batches/batch.ts";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import { endIfDone, recountGroups } from "./batch-sql.ts";
import { batches, batchGroups } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** A batch's row. */
export type BatchRow = typeof batches.$inferSelect;
/** What is known when an upload begins; the rest comes with {@link BatchRepository.open}. */
export type NewBatch = Pick<BatchRow, "id" | "tenant_id" | "key_id" | "kind" | "created_at">;
/** What a batch is opened with. */
export type BatchSettings = Pick<
  BatchRow,
  "lane" | "mode" | "request" | "max_cost_nanousd" | "webhook_url" | "webhook_secret"
>;

/** An item as it is uploaded: with a group and variables, or as the copy of an earlier one. `variables` is JSON. */
export interface NewItem {
  position: number;
  custom_id: string | null;
  group: number | null;
  same_as: number | null;
  variables: string | null;
  execution_id: string | null;
}

/** A batch with its sums. */
export interface BatchRecord extends BatchRow {
  counts: BatchCounts;
  cost_nanousd: number;
}

/** An item as the results show it; a copy shows the state of the item that it shares. */
export interface ItemRecord {
  position: number;
  custom_id: string | null;
  state: ItemState;
  execution_id: string | null;
  error: ExecutionError | null;
}

/** Batches on their tenant's shard: uploaded, opened, read, cancelled. */
export interface BatchRepository {
  /** Begins an upload; nothing of it can run. */
  begin(batch: NewBatch): Promise<void>;
  /** Adds items to an upload. */
  add(tenantId: string, batchId: string, items: readonly NewItem[]): Promise<void>;
  /** Ends an upload: from here on it is accepted. One transaction; throws where the upload is gone. */
  open(tenantId: string, batchId: string, settings: BatchSettings, wakeAt: number): Promise<void>;
  /** Takes an upload back. */
  abandon(tenantId: string, batchId: string): Promise<void>;
  /** An accepted batch. */
  find(tenantId: string, batchId: string): Promise<BatchRecord | undefined>;
  /** Items from a position on, in their order. */
  items(tenantId: string, batchId: string, from: number, limit: number): Promise<ItemRecord[]>;
  /** Cancels what is queued; what runs ends by itself. Whether the batch ended with it and has a webhook to send. */
  cancel(tenantId: string, batchId: string, now: number): Promise<{ webhook: boolean }>;
  /** Positions of the items that failed. */
  failedItems(tenantId: string, batchId: string): Promise<number[]>;
  /** Queues failed items again, each with a fresh execution id. The groups that have work now. */
  requeueFailed(
    tenantId: string,
    batchId: string,
    fresh: readonly { position: number; execution_id: string }[],
    wakeAt: number,
  ): Promise<number[]>;
}

/** Characters of JSON that one statement carries; a bound value holds 2 MB, and a character is up to three bytes. */
const CHUNK_CHARACTERS = 400_000;

/** The repository over the shards. */
export function createBatchRepository(shards: Shards): BatchRepository {
  const home = (tenantId: string) => shards.of(tenantId);
  return {
    async begin(batch) {
      await home(batch.tenant_id)
        .insert(batches)
        .values({ ...batch, lane: "batch", mode: "queue", state: "uploading" });
    },
    async add(tenantId, batchId, items) {
      const db = home(tenantId);
      await transact(
        db,
        chunksOf(items).map((chunk) => insertItems(batchId, chunk)),
      );
    },
    open: (tenantId, batchId, settings, wakeAt) => open(home(tenantId), tenantId, batchId, settings, wakeAt),
    async abandon(tenantId, batchId) {
      const db = home(tenantId);
      const mine = and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), eq(batches.state, "uploading"));
      await transact(db, [
        sql`delete from batch_items where batch_id = (select id from ${batches} where ${mine})`,
        db.delete(batches).where(mine).getSQL(),
      ]);
    },
    find: (tenantId, batchId) => find(home(tenantId), tenantId, batchId),
    async items(tenantId, batchId, from, limit) {
      const rows = await home(tenantId).all<Omit<ItemRecord, "error"> & { error: string | null }>(sql`
        select i.position, i.custom_id, coalesce(o.state, i.state) as state,
          coalesce(o.execution_id, i.execution_id) as execution_id, coalesce(o.error, i.error) as error
        from batch_items i left join batch_items o on o.batch_id = i.batch_id and o.position = i.same_as
        where i.batch_id = ${batchId} and i.position >= ${from} order by i.position limit ${limit}`);
      return rows.map(({ error, ...row }) => ({ ...row, error: parseError(error) }));
    },
    async cancel(tenantId, batchId, now) {
      const db = home(tenantId);
      const [, , , ended] = await transact(db, [
        sql`update batches set state = 'cancelled'
          where id = ${batchId} and tenant_id = ${tenantId} and state = 'open' and ended_at is null`,
        sql`update batch_items set state = 'cancelled' where batch_id = ${batchId} and state = 'queued'
          and group_number is not null
          and exists (select 1 from batches where id = ${batchId} and tenant_id = ${tenantId} and state = 'cancelled')`,
        recountGroups(batchId),
        endIfDone(batchId, now),
      ]);
      return { webhook: ended?.[0]?.["webhook"] === 1 };
    },
    async failedItems(tenantId, batchId) {
      const rows = await home(tenantId).all<{ position: number }>(sql`
        select position from batch_items where batch_id = ${batchId} and state = 'failed' order by position`);
      return rows.map((row) => row.position);
    },
    requeueFailed: (tenantId, batchId, fresh, wakeAt) =>
      requeueFailed(home(tenantId), tenantId, batchId, fresh, wakeAt),
  };
}

function chunksOf(rows: readonly object[]): string[] {
  const chunks: string[] = [];
  let chunk: string[] = [];
  let size = 0;
  for (const row of rows.map((each) => JSON.stringify(each))) {
    if (size + row.length > CHUNK_CHARACTERS && chunk.length > 0) {
      chunks.push(`[${chunk.join(",")}]`);
      chunk = [];
      size = 0;
    }
    chunk.push(row);
    size += row.length;
  }
  return chunk.length > 0 ? [...chunks, `[${chunk.join(",")}]`] : chunks;
}

/** One statement and one bound value for as many items as the value holds. */
function insertItems(batchId: string, rows: string): SQL {
  const field = (name: string) => sql`json_extract(value, ${sql.raw(`'$.${name}'`)})`;
  return sql`
    insert into batch_items (batch_id, position, group_number, same_as, custom_id, variables, execution_id, state)
    select ${batchId}, ${field("position")}, ${field("group")}, ${field("same_as")}, ${field("custom_id")},
      ${field("variables")}, ${field("execution_id")}, 'queued'
    from json_each(${rows})`;
}

async function open(db: Database, tenantId: string, batchId: string, settings: BatchSettings, wakeAt: number) {
  const uploading = and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), eq(batches.state, "uploading"));
  const [, , opened] = await transact(db, [
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
  ]);
  if (opened?.length !== 1) throw new Error("an upload was swept before it ended");
}

async function find(db: Database, tenantId: string, batchId: string): Promise<BatchRecord | undefined> {
  const [rows, sums] = await db.batch([
    db
      .select()
      .from(batches)
      .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), sql`${batches.state} <> 'uploading'`)),
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

async function requeueFailed(
  db: Database,
  tenantId: string,
  batchId: string,
  fresh: readonly { position: number; execution_id: string }[],
  wakeAt: number,
): Promise<number[]> {
  const open = sql`exists (select 1 from batches where id = ${batchId} and tenant_id = ${tenantId} and state = 'open')`;
  const requeue = chunksOf(fresh).map(
    (chunk) => sql`
      update batch_items set state = 'queued', execution_id = json_extract(j.value, '$.execution_id'), error = null,
        starts = 0, failures = 0, not_before = 0
      from json_each(${chunk}) j
      where batch_id = ${batchId} and position = json_extract(j.value, '$.position') and state = 'failed' and ${open}`,
  );
  const [groups] = await transact(db, [
    sql`
      select distinct group_number as number from batch_items where batch_id = ${batchId} and state = 'failed' and ${open}
      order by group_number`,
    ...requeue,
    recountGroups(batchId),
    sql`update batch_groups set wake_at = ${wakeAt} where batch_id = ${batchId} and open = 1`,
    sql`update batches set ended_at = null, webhook_due_at = null, webhook_attempts = 0
      where id = ${batchId} and tenant_id = ${tenantId} and state = 'open'
        and exists (select 1 from batch_groups where batch_id = ${batchId} and open = 1)`,
  ]);
  return (groups ?? []).map((row) => Number(row["number"]));
}

function sumOf(column: SQLiteColumn) {
  return sql<number>`coalesce(sum(${column}), 0)`;
}

function parseError(text: string | null): ExecutionError | null {
  return text === null ? null : (JSON.parse(text) as ExecutionError);
}
