import { type SQL, sql } from "drizzle-orm";
import type { ItemOutcome } from "../../domain/batches/batch-record.ts";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import type { Lane } from "../../domain/lane.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { endIfDone, forTheQueue, FREED, inputAfter, ofProvider, recountGroups } from "./batch-sql.ts";
import { IS_HERE } from "../foreign-rows.ts";
import { WAITING_LOOK_MS } from "./group-line.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** An item under a consumer's lease. `variables` is a text that `readItemInput` reads. */
export interface ClaimedItem extends Record<"position" | "starts" | "failures", number> {
  custom_id: string | null;
  variables: string;
  execution_id: string;
  /** Since when it could be claimed, Unix ms; the end of its lease where its last run vanished. */
  free_since: number;
  /** What its last run has set aside of the batch's cost limit. */
  reserved_nanousd: number;
  /** The batch was cancelled: the item must not run again, and only its earlier run has an end. */
  cancelled: boolean;
  /** Its earlier run did not end under its lease. It may have spent money under the same id. */
  vanished: boolean;
}

/** The lease that {@link BatchClaims.claim} writes: a consumer's `token`, valid until `until`. */
export interface ItemLease extends Record<"now" | "until" | "limit", number> {
  token: string;
}

/** The lease of a consumer on items of a group. */
export interface GroupLease {
  key: GroupKey;
  token: string;
}

/**
 * An item that goes back to the queue. It keeps its execution id, whichever the database knows,
 * while nothing is recorded under that id, and gets a fresh one otherwise. The cost, in
 * nano-dollars, is added to the item's.
 */
export interface ItemRetry {
  not_before: number;
  cost_nanousd: number;
  /** Whether it was executed and failed, or has not even started: then the start does not count. */
  outcome: "failed" | "not started";
  execution_id?: string;
}

/**
 * The result of reserving money. It is refused `for now` while other items may give theirs back;
 * `leased_until` (Unix ms) is when the first of their leases ends.
 */
export type BudgetReservation =
  "reserved" | "lease lost" | { refused: "for good" } | { refused: "for now"; leased_until: number };

/** A claimed item as SQLite returns it. */
type ClaimedRow = Omit<ClaimedItem, "cancelled" | "vanished"> & { cancelled: number };

/**
 * A group without a recent sign of life, and the lane whose queue wakes it; `waiting` (0 or 1): it
 * is not its turn.
 */
export interface OverdueGroup extends GroupKey {
  lane: Lane;
  waiting: number;
}

/**
 * A group is due for the sweep this long after the end of its lease, milliseconds, so that a claim
 * then finds the items free.
 */
const GRACE_MS = 1_000;

function batchIs({ batch_id, tenant_id }: GroupKey, ...states: Array<"open" | "cancelled">) {
  return sql`exists (select 1 from batches where id = ${batch_id} and tenant_id = ${tenant_id}
    and state in (select value from json_each(${JSON.stringify(states)})))`;
}

/**
 * The items of a group in one state. Names the index, because SQLite would walk the whole batch by
 * its primary key where an order and a limit are asked for.
 */
function inGroup({ batch_id, group }: GroupKey, state: "queued" | "running") {
  return sql`batch_items indexed by batch_items_by_group
    where batch_id = ${batch_id} and group_number = ${group} and state = ${state}`;
}

/** The items of dead consumers that a claim takes. */
function ofTheDead(key: GroupKey, { now, limit }: ItemLease, column: "rowid" | "position"): SQL {
  return sql`select ${sql.raw(column)} from ${inGroup(key, "running")} and lease_until <= ${now}
    and ${forTheQueue(key.batch_id)} order by rowid limit ${limit}`;
}

/**
 * Leases items of a group, those of dead consumers first. Of a cancelled batch it leases no others.
 * An index ends with the rowid, so the subqueries read no more than `limit` due items and sort
 * nothing.
 */
function takeDue(key: GroupKey, lease: ItemLease): SQL {
  const { token, now, until, limit } = lease;
  const due = sql`
    select rowid from (${ofTheDead(key, lease, "rowid")})
    union all
    select rowid from (select rowid from ${inGroup(key, "queued")} and not_before <= ${now}
      and ${forTheQueue(key.batch_id)} and ${batchIs(key, "open")} order by rowid limit ${limit})
    limit ${limit}`;
  return sql`
    update batch_items set state = 'running', not_before = coalesce(lease_until, not_before), lease = ${token},
      lease_until = ${until}, starts = starts + 1
    where rowid in (${due}) and ${batchIs(key, "open", "cancelled")}
    returning position, custom_id, variables, execution_id, starts, failures, not_before as free_since,
      reserved_nanousd, ${batchIs(key, "cancelled")} as cancelled`;
}

/**
 * Counts what {@link takeDue} took. A claim only moves items from queued to running, so the running
 * ones tell both counts. The group's wake-up time stays if all of it is at a provider.
 */
function countTaken(key: GroupKey, token: string, wakeAt: number): SQL {
  const { batch_id: id, group } = key;
  return sql`
    update batch_groups set queued = queued + running - taken.copies, running = taken.copies,
      wake_at = case when taken.mine or not ${ofProvider(id)} then ${wakeAt} else wake_at end
    from (select coalesce(sum(copies), 0) as copies, coalesce(max(lease = ${token}), 0) as mine
      from ${inGroup(key, "running")}) taken
    where batch_id = ${id} and number = ${group} and ${batchIs(key, "open", "cancelled")}`;
}

function renewLeases(leases: readonly GroupLease[], until: number): SQL[] {
  const rows = JSON.stringify(leases.map(({ key: { batch_id, group }, token }) => ({ batch_id, group, token })));
  const field = (name: string) => sql`json_extract(j.value, ${sql.raw(`'$.${name}'`)})`;
  return [
    sql`update batch_items set lease_until = ${until} where rowid in (
      select i.rowid from json_each(${rows}) j cross join batch_items i indexed by batch_items_by_group
        on i.batch_id = ${field("batch_id")} and i.group_number = ${field("group")} and i.state = 'running'
      where i.lease = ${field("token")})`,
    sql`update batch_groups set wake_at = ${until + GRACE_MS} from json_each(${rows}) j
      where batch_id = ${field("batch_id")} and number = ${field("group")}`,
  ];
}

/**
 * Leases on items. A claim is one transaction of the tenant's database, so no two consumers hold
 * one item. Every later write names the lease, so a consumer that lost its lease changes nothing.
 * Times are Unix ms.
 */
export class BatchClaims {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Leases up to `limit` items that are due or whose lease is over; in a cancelled batch only the
   * latter.
   */
  async claim(key: GroupKey, lease: ItemLease): Promise<ClaimedItem[]> {
    const [dead, claimed] = await transact(this.#home(key), [
      ofTheDead(key, lease, "position"),
      takeDue(key, lease),
      countTaken(key, lease.token, lease.until + GRACE_MS),
    ]);
    const vanished = new Set(dead?.map(({ position }) => position));
    return ((claimed ?? []) as unknown as ClaimedRow[])
      .map((row) => ({ ...row, cancelled: row.cancelled === 1, vanished: vanished.has(row.position) }))
      .toSorted((a, b) => a.position - b.position);
  }

  /** Extends every item under these leases, in one transaction for each shard. */
  async renew(leases: readonly GroupLease[], until: number): Promise<void> {
    const byShard = Map.groupBy(leases, ({ key }) => this.#home(key));
    await Promise.all([...byShard].map(async ([db, some]) => transact(db, renewLeases(some, until))));
  }

  /** Counts as spent what a run that vanished had reserved for an item. */
  async spendReserved(key: GroupKey, position: number, token: string): Promise<void> {
    const { batch_id: id, group } = key;
    await transact(this.#home(key), [
      sql`
        update batch_items set cost_nanousd = cost_nanousd + reserved_nanousd, reserved_nanousd = 0
        where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}`,
      recountGroups(id, group),
    ]);
  }

  /**
   * Gives an item a fresh execution id, because an earlier run may have spent money under its
   * present one. Adds `cost_nanousd` to its cost. Returns false where the lease is lost.
   */
  async startAnew(
    key: GroupKey,
    position: number,
    token: string,
    { execution_id, cost_nanousd }: Required<Pick<ItemRetry, "execution_id" | "cost_nanousd">>,
  ): Promise<boolean> {
    const { batch_id: id, group } = key;
    const [renamed] = await transact(this.#home(key), [
      sql`
        update batch_items set execution_id = ${execution_id}, cost_nanousd = cost_nanousd + ${cost_nanousd}
        where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}
        returning position`,
      recountGroups(id, group),
    ]);
    return renamed?.length === 1;
  }

  /**
   * Reserves money for an item if the batch's limit has room for it after all that is spent and
   * reserved already.
   */
  async reserve(key: GroupKey, position: number, token: string, nanousd: number): Promise<BudgetReservation> {
    const db = this.#home(key);
    const id = key.batch_id;
    const [held, [others] = [], mine] = await transact(db, [
      sql`
        update batch_items set reserved_nanousd = ${nanousd}
        where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}
          and ${nanousd} + (select coalesce(sum(cost_nanousd), 0) from batch_groups where batch_id = ${id})
            + (select coalesce(sum(reserved_nanousd), 0) from batch_items
                where batch_id = ${id} and state = 'running' and position <> ${position})
            <= (select max_cost_nanousd from batches where id = ${id})
        returning position`,
      sql`select min(lease_until) as until from batch_items
        where batch_id = ${id} and state = 'running' and position <> ${position} and reserved_nanousd > 0`,
      sql`select position from batch_items
        where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}`,
    ]);
    if (held?.length === 1) return "reserved";
    if (mine?.length !== 1) return "lease lost";
    const until = others?.["until"];
    return typeof until === "number" ? { refused: "for now", leased_until: until } : { refused: "for good" };
  }

  /**
   * Ends items of a group, in one transaction. `webhook`: the batch ended with them and has a
   * webhook to send.
   */
  async settle(
    key: GroupKey,
    token: string,
    outcomes: readonly ItemOutcome[],
    now: number,
  ): Promise<{ webhook: boolean }> {
    const { batch_id: id, group } = key;
    const field = (name: string) => sql`json_extract(j.value, ${sql.raw(`'$.${name}'`)})`;
    const [, , ended] = await transact(this.#home(key), [
      sql`
        update batch_items set state = ${field("state")}, cost_nanousd = cost_nanousd + ${field("cost_nanousd")},
          error = ${field("error")}, variables = ${inputAfter(field("state"))}, ${FREED}
        from json_each(${JSON.stringify(outcomes)}) j
        where batch_id = ${id} and position = ${field("position")} and state = 'running' and lease = ${token}`,
      recountGroups(id, group),
      endIfDone(id, now),
    ]);
    return { webhook: ended?.[0]?.["webhook"] === 1 };
  }

  /** Puts an item back into the queue. */
  async requeue(key: GroupKey, position: number, token: string, retry: ItemRetry): Promise<void> {
    const db = this.#home(key);
    const { batch_id: id, group } = key;
    const hasFailed = retry.outcome === "failed";
    await transact(db, [
      sql`
        update batch_items set state = 'queued', not_before = ${retry.not_before},
          execution_id = coalesce(${retry.execution_id ?? null}, execution_id),
          failures = failures + ${hasFailed ? 1 : 0}, starts = starts - ${hasFailed ? 0 : 1}, cost_nanousd = cost_nanousd + ${retry.cost_nanousd},
          ${FREED}
        where batch_id = ${id} and position = ${position} and state = 'running' and lease = ${token}`,
      sql`update batch_items set state = 'cancelled', variables = ${inputAfter(sql`'cancelled'`)}
        where batch_id = ${id} and position = ${position} and state = 'queued' and exists (select 1 from batches where id = ${id} and state = 'cancelled')`,
      recountGroups(id, group),
      sql`update batch_groups set wake_at = max(wake_at, ${retry.not_before + GRACE_MS})
        where batch_id = ${id} and number = ${group}`,
      endIfDone(id, retry.not_before),
    ]);
  }

  /**
   * Open groups of every shard whose wake-up time has passed, at most `limit` a shard. They are not
   * due again before `wakeAt`, and much later if they wait for their turn.
   */
  async overdueGroups(now: number, wakeAt: number, limit: number): Promise<OverdueGroup[]> {
    const wake = sql`
      update batch_groups set wake_at = ${wakeAt} + waiting * ${WAITING_LOOK_MS} where rowid in (
        select rowid from batch_groups where open = 1 and wake_at <= ${now} and ${IS_HERE} order by wake_at limit ${limit})
      returning tenant_id, batch_id, number as "group", waiting,
        (select lane from batches where id = batch_groups.batch_id) as lane`;
    return this.#shards.everywhere(async (db) => db.all<OverdueGroup>(wake), bucketOfTenant);
  }

  #home(key: GroupKey): Database {
    return this.#shards.of(key.tenant_id);
  }
}
