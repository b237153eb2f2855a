import { sql } from "drizzle-orm";
import type { ItemOutcome } from "../../domain/batches/batch-record.ts";
import { MAX_PROVIDER_BATCH_ITEMS, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { endIfDone, FREED, inputAfter, recountGroups } from "./batch-sql.ts";
import type { Database } from "../shards.ts";
import { transact } from "../transaction.ts";

/** Money that is reserved for an item until it ends, nano-dollars. */
export interface ItemReservation {
  position: number;
  nanousd: number;
}

/**
 * An item that goes through the queue. After a failure it gets a fresh execution id, because the
 * failure is recorded under the old one. One that the provider never executed keeps its id.
 */
export interface ProviderItemRetry {
  position: number;
  not_before: number;
  cost_nanousd: number;
  execution_id: string;
  hasFailed: boolean;
}

/** Makes the groups with queued items due for the sweep. */
export function wakeGroups(batchId: string, now: number) {
  return sql`update batch_groups set wake_at = ${now} where batch_id = ${batchId} and queued > 0 and wake_at > ${now}`;
}

/** Implements `ProviderBatchStore.open`. */
export async function takeItems(
  db: Database,
  row: ProviderBatch,
  leaseUntil: number,
  only: readonly ItemReservation[] | null,
): Promise<number> {
  const id = row.batch_id;
  const wanted = JSON.stringify(only ?? []);
  const total = (only ?? []).reduce((sum, { nanousd }) => sum + nanousd, 0);
  const affordable =
    only === null
      ? sql`max_cost_nanousd is null`
      : sql`max_cost_nanousd >= ${total}
          + (select coalesce(sum(cost_nanousd), 0) from batch_groups where batch_id = ${id})
          + (select coalesce(sum(reserved_nanousd), 0) from batch_items where batch_id = ${id} and state = 'running')`;
  const among =
    only === null
      ? sql`select position from batch_items where batch_id = ${id} and group_number is not null
          and state = 'queued' and starts = 0 order by position limit ${MAX_PROVIDER_BATCH_ITEMS}`
      : sql`select json_extract(value, '$.position') from json_each(${wanted})`;
  const reserved =
    only === null
      ? sql`0`
      : sql`coalesce((select json_extract(value, '$.nanousd') from json_each(${wanted})
          where json_extract(value, '$.position') = batch_items.position), 0)`;
  const [, , opened] = await transact(db, [
    sql`
      insert into provider_batches (id, tenant_id, batch_id, provider, model, key_name, state, items, submits, next_poll_at, created_at)
      select ${row.id}, ${row.tenant_id}, id, ${row.provider}, ${row.model}, ${row.key_name}, ${row.state}, 0, 0,
        ${row.next_poll_at}, ${row.created_at}
      from batches where id = ${id} and tenant_id = ${row.tenant_id} and state = 'open' and mode = 'provider' and ${affordable}`,
    sql`
      update batch_items set state = 'running', lease = ${row.id}, lease_until = ${leaseUntil}, starts = starts + 1,
        reserved_nanousd = ${reserved}
      where batch_id = ${id} and group_number is not null and state = 'queued' and starts = 0 and position in (${among})
        and exists (select 1 from provider_batches where id = ${row.id})`,
    sql`
      update provider_batches set items = (select count(*) from batch_items where batch_id = ${id} and lease = ${row.id})
      where id = ${row.id} returning items`,
    sql`delete from provider_batches where id = ${row.id} and items = 0`,
    recountGroups(id),
    // A group that still has queued items keeps its wake-up time.
    sql`update batch_groups set wake_at = ${leaseUntil} where batch_id = ${id} and queued = 0`,
  ]);
  return Number(opened?.[0]?.["items"] ?? 0);
}

/** Implements `ProviderBatchStore.finish`. */
export async function finishItems(
  db: Database,
  row: ProviderBatch,
  ended: readonly ItemOutcome[],
  retried: readonly ProviderItemRetry[],
  now: number,
): Promise<boolean> {
  const id = row.batch_id;
  const field = (name: string) => sql`json_extract(j.value, ${sql.raw(`'$.${name}'`)})`;
  const held = sql`batch_items.batch_id = ${id} and batch_items.position = ${field("position")}
    and batch_items.state = 'running' and batch_items.lease = ${row.id}`;
  const freed = sql`${FREED}, cost_nanousd = cost_nanousd + ${field("cost_nanousd")}`;
  const texts = ended.map((outcome) => ({ ...outcome, error: outcome.error && JSON.stringify(outcome.error) }));
  const positions = JSON.stringify([...ended, ...retried].map(({ position }) => position));
  const touched = sql`select value from json_each(${positions})`;
  const [, , , , , over] = await transact(db, [
    sql`
      update batch_items set ${freed}, state = ${field("state")}, error = ${field("error")},
        variables = ${inputAfter(field("state"))}
      from json_each(${JSON.stringify(texts)}) j where ${held}`,
    sql`
      update batch_items set ${freed}, state = 'queued', not_before = ${field("not_before")},
        execution_id = ${field("execution_id")}, failures = failures + ${field("hasFailed")}
      from json_each(${JSON.stringify(retried)}) j where ${held}`,
    sql`
      update batch_items set state = 'cancelled', variables = ${inputAfter(sql`'cancelled'`)}
        where batch_id = ${id} and state = 'queued' and position in (${touched})
        and exists (select 1 from batches where id = ${id} and state = 'cancelled')`,
    sql`${recountGroups(id)} and number in (
      select distinct group_number from batch_items where batch_id = ${id} and position in (${touched}))`,
    retried.length > 0 ? wakeGroups(id, now) : sql`select 1`,
    endIfDone(id, now),
  ]);
  return over?.[0]?.["webhook"] === 1;
}
