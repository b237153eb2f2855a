import { type SQL, sql } from "drizzle-orm";

/**
 * Characters of JSON in one bound value. A value holds 2 MB, and a character takes up to three
 * bytes.
 */
const CHUNK_CHARACTERS = 400_000;

/** Whether a row of `batches` has all of its items: it was accepted, and is not being deleted. */
export const IS_WHOLE = sql`state in ('open', 'cancelled')`;

/** Gives an item's lease up, and what it has set aside. */
export const FREED = sql`lease = null, lease_until = null, reserved_nanousd = 0`;

/**
 * What is left of an item's input once it has ended: that of a failed one, because it may be
 * redriven. The input of an asynchronous execution stays until its rows go, because its client may
 * ask for it.
 */
export function inputAfter(state: SQL): SQL {
  return sql`case when ${state} = 'failed' or batch_id glob 'exe_*' then variables end`;
}

/** Whether a batch is of mode `provider`. */
export function ofProvider(batchId: string): SQL {
  return sql`exists (select 1 from batches where id = ${batchId} and mode = 'provider')`;
}

/**
 * Items of mode `provider` are for the queue only after the provider had them: then they count as
 * started.
 */
export function forTheQueue(batchId: string): SQL {
  return sql`(starts > 0 or not ${ofProvider(batchId)})`;
}

/**
 * Recounts the groups of a batch, or one of them, from the items, and closes the groups that have
 * no work left; a closed group stands in no line. Belongs in the transaction that changed the
 * items.
 */
export function recountGroups(batchId: string, group?: number): SQL {
  const count = (state: string) => sql`coalesce(sum(copies) filter (where state = ${state}), 0)`;
  const open = sql`coalesce(sum(state in ('queued', 'running')), 0) > 0`;
  return sql`
    update batch_groups set (queued, running, succeeded, failed, cancelled, cost_nanousd, open, lane, waiting) = (
      select ${count("queued")}, ${count("running")}, ${count("succeeded")}, ${count("failed")}, ${count("cancelled")},
        coalesce(sum(cost_nanousd), 0), ${open}, case when ${open} then batch_groups.lane end,
        ${open} and batch_groups.waiting
      from batch_items i where i.batch_id = batch_groups.batch_id and i.group_number = batch_groups.number)
    where batch_id = ${batchId} ${group === undefined ? sql`` : sql`and number = ${group}`}`;
}

/**
 * Ends a batch that has no open group left, and makes its webhook due, or the news of its end if
 * the tenant has webhooks. Returns a row only in the one transaction that ended the batch.
 */
export function endIfDone(batchId: string, now: number): SQL {
  const isAwaited = sql`(webhook_url is not null or (kind = 'batch'
    and exists (select 1 from webhooks where webhooks.tenant_id = batches.tenant_id)))`;
  return sql`
    update batches set ended_at = ${now}, webhook_due_at = case when ${isAwaited} then ${now} end
    where id = ${batchId} and ended_at is null and state in ('open', 'cancelled')
      and not exists (select 1 from batch_groups where batch_id = ${batchId} and open = 1)
    returning webhook_due_at is not null as webhook`;
}

/** Rows as JSON arrays of which each fits into one bound value. */
export function jsonChunks(rows: readonly object[]): string[] {
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
