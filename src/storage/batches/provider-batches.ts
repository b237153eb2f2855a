import { sql } from "drizzle-orm";
import type { ExecutionOptions } from "../../domain/executions/execution-options.ts";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import type { ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { endIfDone, recountGroups } from "./batch-sql.ts";
import { finishItems, takeItems, wakeGroups } from "./provider-batch-items.ts";
import { providerBatches } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** What a provider batch needs to know of the batch that it is for. Money in nano-dollars. */
export interface BatchContext {
  id: string;
  tenant_id: string;
  key_id: string;
  request: ExecutionOptions;
  cancelled: boolean;
  max_cost_nanousd: number | null;
  /** Spent so far. */
  cost_nanousd: number;
  /** Set aside for items that run. */
  reserved_nanousd: number;
}

/** An item; `variables` is JSON. */
export interface HeldItem {
  position: number;
  variables: string;
  execution_id: string;
  failures: number;
}

/** What is set aside for an item until it ends. */
export interface ItemReservation {
  position: number;
  nanousd: number;
}

/** How an item ended. */
export interface HeldOutcome {
  position: number;
  state: "succeeded" | "failed";
  cost_nanousd: number;
  error: ExecutionError | null;
}

/** An item that goes through the queue after a failure; under a fresh execution id, as the old one is on record. */
export interface HeldRetry {
  position: number;
  not_before: number;
  cost_nanousd: number;
  execution_id: string;
}

/** What is written of a provider batch when someone is done with it for now. */
export type ProviderBatchChange = Partial<
  Pick<
    ProviderBatch,
    "state" | "provider_batch_id" | "next_poll_at" | "submitted_at" | "cancel_sent_at" | "ended_at" | "error"
  >
>;

/**
 * Provider batches on their tenant's shard, and the items that they hold. Items that never started are theirs; one that did goes through
 * the queue. A row is worked on under a claim (`next_poll_at`), and an item belongs to a row by its lease, so that whoever
 * comes late, or twice, changes nothing. Times are Unix ms.
 */
export interface ProviderBatchStore {
  /** Batches of mode provider with items that never started, at most `limit` a shard. With a cost limit only where no provider batch of theirs is open. */
  waiting(limit: number): Promise<BatchContext[]>;
  /** Items that never started, after a position, in their order. */
  unstarted(batch: BatchContext, after: number, limit: number): Promise<HeldItem[]>;
  /** Lets the queue have the items that never started. */
  pass(batch: BatchContext, now: number): Promise<void>;
  /**
   * Writes the intent and takes the items, in one transaction: all, or these, each with its reservation, where the batch's limit has room
   * for them. How many it got; with none there is no row.
   */
  open(row: ProviderBatch, leaseUntil: number, only: readonly ItemReservation[] | null): Promise<number>;
  /** Claims rows that are due, at most `limit` a shard; counts a submission that is about to begin. */
  due(now: number, until: number, limit: number): Promise<Array<{ row: ProviderBatch; batch: BatchContext }>>;
  /** Extends a claim; the row as it is then, or null where it was lost. */
  keep(row: ProviderBatch, until: number): Promise<ProviderBatch | null>;
  /** Writes what came of a row; whether the claim still held. */
  change(row: ProviderBatch, change: ProviderBatchChange): Promise<boolean>;
  /** Items that a row still holds, after a position, in their order. */
  held(row: ProviderBatch, after: number, limit: number): Promise<HeldItem[]>;
  /** Those of some positions that a row still holds. */
  heldAt(row: ProviderBatch, positions: readonly number[]): Promise<HeldItem[]>;
  /** Ends items, and hands others to the queue; whether the whole batch ended with it and has a webhook to send. */
  finish(
    row: ProviderBatch,
    ended: readonly HeldOutcome[],
    retried: readonly HeldRetry[],
    now: number,
  ): Promise<boolean>;
  /**
   * Gives up what a row still holds, after a position: to the queue, or, `unstarted`, to another provider batch. Where the batch
   * was cancelled, its items are. Whether the whole batch ended with it and has a webhook to send.
   */
  release(row: ProviderBatch, to: { after: number; unstarted: boolean }, now: number): Promise<boolean>;
  /** The providers' ids of all batches opened since, on every shard. */
  submittedSince(since: number): Promise<Set<string>>;
}

/** The store over the shards. */
export function createProviderBatchStore(shards: Shards): ProviderBatchStore {
  const home = (row: { tenant_id: string }) => shards.of(row.tenant_id);
  const everywhere = async <T>(ask: (db: Database) => Promise<T[]>): Promise<T[]> =>
    (await Promise.all([...shards.all.values()].map(ask))).flat();
  const mine = (row: ProviderBatch) => sql`batch_id = ${row.batch_id} and state = 'running' and lease = ${row.id}`;
  return {
    waiting: (limit) =>
      everywhere((db) =>
        contextsWhere(
          db,
          sql`b.mode = 'provider' and b.state = 'open' and b.ended_at is null
            and exists (select 1 from batch_groups g join batch_items i on i.batch_id = g.batch_id and i.group_number = g.number
              where g.batch_id = b.id and g.open = 1 and g.queued > 0 and i.state = 'queued' and i.starts = 0)
            and (b.max_cost_nanousd is null or not exists (select 1 from provider_batches p
              where p.batch_id = b.id and p.state <> 'ended'))
            order by b.created_at limit ${limit}`,
        ),
      ),
    unstarted: (batch, after, limit) =>
      home(batch).all<HeldItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where batch_id = ${batch.id} and position > ${after} and group_number is not null and state = 'queued' and starts = 0
        order by position limit ${limit}`),
    async pass(batch, now) {
      const db = home(batch);
      await transact(db, [
        sql`update batch_items set starts = 1
          where batch_id = ${batch.id} and group_number is not null and state = 'queued' and starts = 0`,
        wakeGroups(batch.id, now),
      ]);
    },
    open: async (row, leaseUntil, only) => takeItems(home(row), row, leaseUntil, only),
    due: (now, until, limit) => everywhere((db) => due(db, now, until, limit)),
    async keep(row, until) {
      const kept = await home(row).all(sql`
        update provider_batches set next_poll_at = ${until}
        where id = ${row.id} and next_poll_at = ${row.next_poll_at} returning id`);
      return kept.length > 0 ? { ...row, next_poll_at: until } : null;
    },
    async change(row, change) {
      const held = sql`${providerBatches.id} = ${row.id} and ${providerBatches.next_poll_at} = ${row.next_poll_at}`;
      const changed = await home(row)
        .update(providerBatches)
        .set(change)
        .where(held)
        .returning({ id: providerBatches.id });
      return changed.length > 0;
    },
    held: (row, after, limit) =>
      home(row).all<HeldItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where ${mine(row)} and position > ${after} order by position limit ${limit}`),
    heldAt: (row, positions) =>
      home(row).all<HeldItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where ${mine(row)} and position in (select value from json_each(${JSON.stringify(positions)}))`),
    finish: async (row, ended, retried, now) => finishItems(home(row), row, ended, retried, now),
    async release(row, { after, unstarted }, now) {
      const db = home(row);
      const [, , , ended] = await transact(db, [
        sql`
          update batch_items set lease = null, lease_until = null, reserved_nanousd = 0, not_before = 0,
            starts = ${unstarted ? sql`0` : sql`starts`},
            state = case when exists (select 1 from batches where id = ${row.batch_id} and state = 'cancelled')
              then 'cancelled' else 'queued' end
          where ${mine(row)} and position > ${after}`,
        recountGroups(row.batch_id),
        wakeGroups(row.batch_id, now),
        endIfDone(row.batch_id, now),
      ]);
      return ended?.[0]?.["webhook"] === 1;
    },
    async submittedSince(since) {
      const rows = await everywhere((db) =>
        db.all<{ id: string }>(sql`
          select provider_batch_id as id from provider_batches where created_at >= ${since} and provider_batch_id is not null`),
      );
      return new Set(rows.map(({ id }) => id));
    },
  };
}

async function contextsWhere(db: Database, condition: ReturnType<typeof sql>): Promise<BatchContext[]> {
  type Row = Omit<BatchContext, "request" | "cancelled"> & { request: string; cancelled: number };
  const rows = await db.all<Row>(sql`
    select b.id, b.tenant_id, b.key_id, b.request, b.state = 'cancelled' as cancelled, b.max_cost_nanousd,
      (select coalesce(sum(g.cost_nanousd), 0) from batch_groups g where g.batch_id = b.id) as cost_nanousd,
      case when b.max_cost_nanousd is null then 0 else (select coalesce(sum(i.reserved_nanousd), 0) from batch_items i
        where i.batch_id = b.id and i.state = 'running') end as reserved_nanousd
    from batches b where ${condition}`);
  return rows.map((row) => {
    return { ...row, cancelled: row.cancelled === 1, request: JSON.parse(row.request) as ExecutionOptions };
  });
}

async function due(db: Database, now: number, until: number, limit: number) {
  const ready = sql`rowid in (select rowid from provider_batches where state <> 'ended' and next_poll_at <= ${now}
    order by next_poll_at limit ${limit})`;
  const rows = await db
    .update(providerBatches)
    .set({ next_poll_at: until, submits: sql`submits + (state = 'submitting')` })
    .where(ready)
    .returning();
  if (rows.length === 0) return [];
  const ids = JSON.stringify(rows.map((row) => row.batch_id));
  const batches = await contextsWhere(db, sql`b.id in (select value from json_each(${ids}))`);
  return rows.flatMap((row) => {
    const batch = batches.find(({ id, tenant_id }) => id === row.batch_id && tenant_id === row.tenant_id);
    return batch ? [{ row, batch }] : [];
  });
}
