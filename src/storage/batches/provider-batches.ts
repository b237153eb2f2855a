import { sql } from "drizzle-orm";
import type { BatchRequest, ItemOutcome } from "../../domain/batches/batch-record.ts";
import type { ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { IS_HERE } from "../foreign-rows.ts";
import { endIfDone, FREED, recountGroups } from "./batch-sql.ts";
import {
  finishItems,
  type ItemReservation,
  type ProviderItemRetry,
  takeItems,
  wakeGroups,
} from "./provider-batch-items.ts";
import { providerBatches } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** The batch that a provider batch executes items of. Money in nano-dollars. */
export interface ParentBatch {
  id: string;
  tenant_id: string;
  key_id: string;
  request: BatchRequest;
  cancelled: boolean;
  max_cost_nanousd: number | null;
  /** Spent so far. */
  cost_nanousd: number;
  /** Reserved for running items. */
  reserved_nanousd: number;
}

/** An item of mode `provider`; `variables` is JSON. */
export interface ProviderBatchItem {
  position: number;
  variables: string;
  execution_id: string;
  failures: number;
}

/** The columns of a row that a worker may change. */
export type ProviderBatchChange = Partial<
  Pick<
    ProviderBatch,
    | "state"
    | "provider_batch_id"
    | "submits"
    | "next_poll_at"
    | "submitted_at"
    | "cancel_sent_at"
    | "ended_at"
    | "error"
  >
>;

/** A claimed row, and the batch that it belongs to. */
export interface DueProviderBatch {
  row: ProviderBatch;
  batch: ParentBatch;
}

/**
 * Provider batches on their tenant's shard, and the items leased to them. Items that never started
 * are for provider batches; items that did start are for the queue. A worker changes a row under a
 * claim (`next_poll_at`), and a row holds its items by their lease, so a late or repeated write
 * changes nothing. Times are Unix ms.
 */
export class ProviderBatchStore {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Batches of mode `provider` with items that never started, at most `limit` a shard. A batch with
   * a cost limit is left out while it has an open provider batch.
   */
  async waiting(limit: number): Promise<ParentBatch[]> {
    return this.#shards.everywhere(
      async (db) =>
        parentsWhere(
          db,
          sql`b.mode = 'provider' and b.state = 'open' and b.ended_at is null
            and exists (select 1 from batch_groups g join batch_items i on i.batch_id = g.batch_id and i.group_number = g.number
              where g.batch_id = b.id and g.open = 1 and g.queued > 0 and i.state = 'queued' and i.starts = 0)
            and (b.max_cost_nanousd is null or not exists (select 1 from provider_batches p
              where p.batch_id = b.id and p.state <> 'ended'))
            order by b.created_at limit ${limit}`,
        ),
      bucketOfTenant,
    );
  }

  /** Items that never started, after a position, in their order. */
  async unstarted(batch: ParentBatch, after: number, limit: number): Promise<ProviderBatchItem[]> {
    return this.#home(batch).all<ProviderBatchItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where batch_id = ${batch.id} and position > ${after} and group_number is not null and state = 'queued' and starts = 0
        order by position limit ${limit}`);
  }

  /** Hands the items that never started over to the queue. */
  async handToQueue(batch: ParentBatch, now: number): Promise<void> {
    await transact(this.#home(batch), [
      sql`update batch_items set starts = 1
          where batch_id = ${batch.id} and group_number is not null and state = 'queued' and starts = 0`,
      wakeGroups(batch.id, now),
    ]);
  }

  /**
   * Writes the row and leases items to it, in one transaction: all items that never started, or,
   * under a cost limit, those in `only` if the limit has room for their reservations. Returns the
   * number of items; with none, there is no row.
   */
  async open(row: ProviderBatch, leaseUntil: number, only: readonly ItemReservation[] | null): Promise<number> {
    return takeItems(this.#home(row), row, leaseUntil, only);
  }

  /**
   * Claims due rows until `until`, at most `limit` a shard, and counts a submission for those that
   * are about to be submitted.
   */
  async claimDue(now: number, until: number, limit: number): Promise<DueProviderBatch[]> {
    return this.#shards.everywhere(
      async (db) => claimDueRows(db, now, until, limit),
      ({ row }) => bucketOfTenant(row),
    );
  }

  /** Extends a claim. Returns the row with its new claim, or null if the claim was lost. */
  async renewClaim(row: ProviderBatch, until: number): Promise<ProviderBatch | null> {
    const kept = await this.#home(row).all(sql`
        update provider_batches set next_poll_at = ${until}
        where id = ${row.id} and next_poll_at = ${row.next_poll_at} returning id`);
    return kept.length > 0 ? { ...row, next_poll_at: until } : null;
  }

  /** Changes a row under its claim. False if the claim was lost. */
  async update(row: ProviderBatch, change: ProviderBatchChange): Promise<boolean> {
    const held = sql`${providerBatches.id} = ${row.id} and ${providerBatches.next_poll_at} = ${row.next_poll_at}`;
    const changed = await this.#home(row)
      .update(providerBatches)
      .set(change)
      .where(held)
      .returning({ id: providerBatches.id });
    return changed.length > 0;
  }

  /** Items leased to a row, after a position, in their order. */
  async held(row: ProviderBatch, after: number, limit: number): Promise<ProviderBatchItem[]> {
    return this.#home(row).all<ProviderBatchItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where ${heldBy(row)} and position > ${after} order by position limit ${limit}`);
  }

  /** The items at these positions that are still leased to a row. */
  async heldAt(row: ProviderBatch, positions: readonly number[]): Promise<ProviderBatchItem[]> {
    return this.#home(row).all<ProviderBatchItem>(sql`
        select position, variables, execution_id, failures from batch_items
        where ${heldBy(row)} and position in (select value from json_each(${JSON.stringify(positions)}))`);
  }

  /**
   * Ends items and hands others to the queue. True if the whole batch ended with this and has a
   * webhook to send.
   */
  async finish(
    row: ProviderBatch,
    ended: readonly ItemOutcome[],
    retried: readonly ProviderItemRetry[],
    now: number,
  ): Promise<boolean> {
    return finishItems(this.#home(row), row, ended, retried, now);
  }

  /**
   * Gives up the items after a position that are leased to a row: to the queue, or, `unstarted`, to
   * another provider batch. Items of a cancelled batch are cancelled. True if the whole batch ended
   * with this and has a webhook to send.
   */
  async release(row: ProviderBatch, to: { after: number; unstarted: boolean }, now: number): Promise<boolean> {
    const isCancelled = sql`exists (select 1 from batches where id = ${row.batch_id} and state = 'cancelled')`;
    const [, , , ended] = await transact(this.#home(row), [
      sql`
          update batch_items set ${FREED}, not_before = 0, starts = ${to.unstarted ? sql`0` : sql`starts`},
            state = case when ${isCancelled} then 'cancelled' else 'queued' end,
            variables = case when not ${isCancelled} then variables end
          where ${heldBy(row)} and position > ${to.after}`,
      recountGroups(row.batch_id),
      wakeGroups(row.batch_id, now),
      endIfDone(row.batch_id, now),
    ]);
    return ended?.[0]?.["webhook"] === 1;
  }

  /**
   * Ends a row under its claim, and gives up all items that are leased to it and may have been
   * executed: their leases end now. The queue takes them as it takes the items of a consumer that
   * died, and records that run as unknown. In one transaction, because the money of a row that does
   * not hold such items any more would be settled without them.
   */
  async abandon(row: ProviderBatch, error: ProviderBatch["error"], now: number): Promise<void> {
    const claimed = sql`id = ${row.id} and next_poll_at = ${row.next_poll_at}`;
    const held = sql`${heldBy(row)} and exists (select 1 from provider_batches where ${claimed})`;
    await transact(this.#home(row), [
      sql`update batch_groups set wake_at = ${now} where batch_id = ${row.batch_id} and number in (
          select distinct group_number from batch_items where ${held})`,
      sql`update batch_items set lease_until = ${now} where ${held}`,
      sql`update provider_batches set state = 'ended', ended_at = ${now}, error = ${error && JSON.stringify(error)}
          where ${claimed}`,
    ]);
  }

  /** The providers' ids of all provider batches opened since, on every shard. */
  async submittedSince(since: number): Promise<Set<string>> {
    const rows = await this.#everywhere((db) =>
      db.all<{ id: string }>(sql`
          select provider_batch_id as id from provider_batches where created_at >= ${since} and provider_batch_id is not null`),
    );
    return new Set(rows.map(({ id }) => id));
  }

  #home(row: { tenant_id: string }): Database {
    return this.#shards.of(row.tenant_id);
  }

  async #everywhere<T>(read: (db: Database) => Promise<T[]>): Promise<T[]> {
    return (await Promise.all([...this.#shards.all.values()].map(read))).flat();
  }
}

function heldBy(row: ProviderBatch) {
  return sql`batch_id = ${row.batch_id} and state = 'running' and lease = ${row.id}`;
}

async function parentsWhere(db: Database, condition: ReturnType<typeof sql>): Promise<ParentBatch[]> {
  type Row = Omit<ParentBatch, "request" | "cancelled"> & { request: string; cancelled: number };
  const rows = await db.all<Row>(sql`
    select b.id, b.tenant_id, b.key_id, b.request, b.state = 'cancelled' as cancelled, b.max_cost_nanousd,
      (select coalesce(sum(g.cost_nanousd), 0) from batch_groups g where g.batch_id = b.id) as cost_nanousd,
      case when b.max_cost_nanousd is null then 0 else (select coalesce(sum(i.reserved_nanousd), 0) from batch_items i
        where i.batch_id = b.id and i.state = 'running') end as reserved_nanousd
    from batches b where ${condition}`);
  return rows.map((row) => {
    return { ...row, cancelled: row.cancelled === 1, request: JSON.parse(row.request) as BatchRequest };
  });
}

async function claimDueRows(db: Database, now: number, until: number, limit: number): Promise<DueProviderBatch[]> {
  const ready = sql`rowid in (select rowid from provider_batches where state <> 'ended' and next_poll_at <= ${now}
    and ${IS_HERE} order by next_poll_at limit ${limit})`;
  const rows = await db
    .update(providerBatches)
    .set({ next_poll_at: until, submits: sql`submits + (state = 'submitting')` })
    .where(ready)
    .returning();
  if (rows.length === 0) return [];
  const ids = JSON.stringify(rows.map((row) => row.batch_id));
  const batches = await parentsWhere(db, sql`b.id in (select value from json_each(${ids}))`);
  return rows.flatMap((row) => {
    const batch = batches.find(({ id, tenant_id }) => id === row.batch_id && tenant_id === row.tenant_id);
    return batch ? [{ row, batch }] : [];
  });
}
