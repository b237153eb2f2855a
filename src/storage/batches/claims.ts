import { sql } from "drizzle-orm";
import type { ExecutionError } from "../../domain/executions/execution.ts";
import type { Lane } from "../../domain/lane.ts";
import { endIfDone, recountGroups } from "./batch-sql.ts";
import type { Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** One group of a batch, and whose it is. */
export interface GroupKey {
  tenant_id: string;
  batch_id: string;
  group: number;
}

/** An item that a consumer holds until its lease ends. `variables` is JSON. */
export interface ClaimedItem {
  position: number;
  custom_id: string | null;
  variables: string;
  execution_id: string;
  starts: number;
  failures: number;
}

/** How an item ended. Money in nano-dollars, of the last execution; what failed attempts cost was added before. */
export interface ItemOutcome {
  position: number;
  state: "succeeded" | "failed";
  cost_nanousd: number;
  error: ExecutionError | null;
}

/** An item that is to be tried again: under the same execution id while nothing was recorded under it, else under a fresh one. */
export interface ItemRetry {
  not_before: number;
  cost_nanousd: number;
  failed: boolean;
  execution_id: string;
}

/** What a reservation came to. `refused` holds only for now where other items still hold reservations. */
export type Reservation = "reserved" | "lease lost" | { refused: "for now" | "for good" };

/**
 * Leases on items. A claim is one transaction of the tenant's database, so no two consumers hold one item; everything after it names the lease,
 * so a consumer that lost its lease changes nothing. Times are Unix ms.
 */
export interface BatchClaims {
  /** Takes up to `limit` items that are due, or whose lease has run out. None of a cancelled batch: there the runaways are cancelled. */
  claim(key: GroupKey, lease: { token: string; now: number; until: number; limit: number }): Promise<ClaimedItem[]>;
  /** Extends every item under a lease. */
  renew(key: GroupKey, token: string, until: number): Promise<void>;
  /** Sets money aside for an item, where what is spent and set aside leaves room for it under the batch's limit. */
  reserve(key: GroupKey, position: number, token: string, nanousd: number): Promise<Reservation>;
  /** Ends items of a group, in one transaction; whether their batch ended with them and has a webhook to send. */
  settle(key: GroupKey, token: string, outcomes: readonly ItemOutcome[], now: number): Promise<{ webhook: boolean }>;
  /** Puts an item back. */
  requeue(key: GroupKey, position: number, token: string, retry: ItemRetry): Promise<void>;
  /** When the next queued item of a group is due; null where none is queued. */
  nextDue(key: GroupKey): Promise<number | null>;
  /** Open groups of every shard that nobody was heard of until `now`, at most `limit` a shard; they are not due again before `wakeAt`. */
  overdueGroups(now: number, wakeAt: number, limit: number): Promise<Array<GroupKey & { lane: Lane }>>;
}

/** A lease that is over is noticed this long after, milliseconds: a claim then finds it free. */
const GRACE_MS = 1_000;

/** Whether a batch goes through the provider's batch API. */
function ofProvider(batchId: string) {
  return sql`exists (select 1 from batches where id = ${batchId} and mode = 'provider')`;
}

/** Items of such a batch are not for the queue before the provider had them. */
function forTheQueue(batchId: string) {
  return sql`(starts > 0 or not ${ofProvider(batchId)})`;
}

function heldBy(batchId: string, token: string) {
  return sql`exists (select 1 from batch_items where batch_id = ${batchId} and state = 'running' and lease = ${token})`;
}

/** The claims over the shards. */
export function createBatchClaims(shards: Shards): BatchClaims {
  const home = (key: GroupKey) => shards.of(key.tenant_id);
  return {
    async claim(key, { token, now, until, limit }) {
      const db = home(key);
      const { batch_id: id, group } = key;
      const batchIs = (state: string) =>
        sql`exists (select 1 from batches where id = ${id} and tenant_id = ${key.tenant_id} and state = ${state})`;
      const [, claimed] = await transact(db, [
        sql`update batch_items set state = 'cancelled', lease = null, reserved_nanousd = 0
          where batch_id = ${id} and group_number = ${group} and state = 'running' and lease_until <= ${now}
            and ${batchIs("cancelled")}`,
        sql`
          update batch_items set state = 'running', lease = ${token}, lease_until = ${until}, starts = starts + 1
          where batch_id = ${id} and ${batchIs("open")} and ${forTheQueue(id)} and position in (
            select position from batch_items where batch_id = ${id} and group_number = ${group}
              and ((state = 'queued' and not_before <= ${now}) or (state = 'running' and lease_until <= ${now}))
            order by position limit ${limit})
          returning position, custom_id, variables, execution_id, starts, failures`,
        recountGroups(id, group),
        sql`update batch_groups set wake_at = ${until + GRACE_MS} where batch_id = ${id} and number = ${group}
          and (${heldBy(id, token)} or not ${ofProvider(id)})`,
        endIfDone(id, now),
      ]);
      return ((claimed ?? []) as unknown as ClaimedItem[]).toSorted((a, b) => a.position - b.position);
    },
    async renew(key, token, until) {
      const db = home(key);
      const { batch_id: id, group } = key;
      await transact(db, [
        sql`update batch_items set lease_until = ${until}
          where batch_id = ${id} and group_number = ${group} and state = 'running' and lease = ${token}`,
        sql`update batch_groups set wake_at = ${until + GRACE_MS} where batch_id = ${id} and number = ${group}`,
      ]);
    },
    async reserve(key, position, token, nanousd) {
      const db = home(key);
      const id = key.batch_id;
      const [held, others, mine] = await transact(db, [
        sql`
          update batch_items set reserved_nanousd = ${nanousd}
          where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}
            and ${nanousd} + (select coalesce(sum(cost_nanousd), 0) from batch_groups where batch_id = ${id})
              + (select coalesce(sum(reserved_nanousd), 0) from batch_items
                  where batch_id = ${id} and state = 'running' and position <> ${position})
              <= (select max_cost_nanousd from batches where id = ${id})
          returning position`,
        sql`select position from batch_items
          where batch_id = ${id} and state = 'running' and position <> ${position} and reserved_nanousd > 0 limit 1`,
        sql`select position from batch_items
          where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}`,
      ]);
      if (held?.length === 1) return "reserved";
      if (mine?.length !== 1) return "lease lost";
      return { refused: others?.length === 1 ? "for now" : "for good" };
    },
    async settle(key, token, outcomes, now) {
      const { batch_id: id, group } = key;
      const field = (name: string) => sql`json_extract(j.value, ${sql.raw(`'$.${name}'`)})`;
      const [, , ended] = await transact(home(key), [
        sql`
          update batch_items set state = ${field("state")}, cost_nanousd = cost_nanousd + ${field("cost_nanousd")},
            error = ${field("error")}, lease = null, lease_until = null, reserved_nanousd = 0
          from json_each(${JSON.stringify(outcomes)}) j
          where batch_id = ${id} and position = ${field("position")} and state = 'running' and lease = ${token}`,
        recountGroups(id, group),
        endIfDone(id, now),
      ]);
      return { webhook: ended?.[0]?.["webhook"] === 1 };
    },
    async requeue(key, position, token, retry) {
      const db = home(key);
      const { batch_id: id, group } = key;
      await transact(db, [
        sql`
          update batch_items set state = 'queued', not_before = ${retry.not_before}, execution_id = ${retry.execution_id},
            failures = failures + ${retry.failed ? 1 : 0}, cost_nanousd = cost_nanousd + ${retry.cost_nanousd},
            lease = null, lease_until = null, reserved_nanousd = 0
          where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}`,
        sql`update batch_items set state = 'cancelled' where batch_id = ${id} and position = ${position}
          and state = 'queued' and exists (select 1 from batches where id = ${id} and state = 'cancelled')`,
        recountGroups(id, group),
        sql`update batch_groups set wake_at = max(wake_at, ${retry.not_before + GRACE_MS})
          where batch_id = ${id} and number = ${group}`,
        endIfDone(id, retry.not_before),
      ]);
    },
    async nextDue({ batch_id, tenant_id, group }) {
      const [row] = await shards.of(tenant_id).all<{ due: number | null }>(sql`
        select min(not_before) as due from batch_items
        where batch_id = ${batch_id} and group_number = ${group} and state = 'queued' and ${forTheQueue(batch_id)}`);
      return row?.due ?? null;
    },
    async overdueGroups(now, wakeAt, limit) {
      const found = await Promise.all(
        [...shards.all.values()].map((db) =>
          db.all<GroupKey & { lane: Lane }>(sql`
            update batch_groups set wake_at = ${wakeAt} where rowid in (
              select rowid from batch_groups where open = 1 and wake_at <= ${now} order by wake_at limit ${limit})
            returning tenant_id, batch_id, number as "group",
              (select lane from batches where id = batch_groups.batch_id) as lane`),
        ),
      );
      return found.flat();
    },
  };
}
