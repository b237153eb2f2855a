import { type SQL, sql } from "drizzle-orm";
import type { GroupKey } from "../../domain/batches/wake-up.ts";
import { WINDOWS } from "../../domain/batches/windows.ts";
import type { Lane } from "../../domain/lane.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import type { Database, Shards } from "../shards.ts";
import { transact } from "../transaction.ts";
import { forTheQueue } from "./batch-sql.ts";

/** The line of a tenant's groups in a lane. */
export interface Line {
  tenant_id: string;
  lane: Lane;
}

/** Unix ms. The sweep wakes a group again at `wakeAt`, because its wake-up must have been lost. */
export interface WakeTimes {
  now: number;
  wakeAt: number;
}

/** What follows a run of a group. */
export interface GroupRest {
  /** When the next queued item of the group is due; null if it has none. */
  due: number | null;
  /** The groups whose turn it is now. */
  woken: GroupKey[];
}

/**
 * How much later than its wake-up the sweep looks at a group that waits. Only older code needs
 * that: it knows no lines, and finds the group by its time.
 */
export const WAITING_LOOK_MS = 3_600_000;

/** The open groups of a line. The state is a literal, because the index is chosen by it. */
function groupsOf({ tenant_id, lane }: Line, state: "awake" | "waiting"): SQL {
  const waiting = sql.raw(state === "waiting" ? "1" : "0");
  return sql`batch_groups where open = 1 and waiting = ${waiting} and tenant_id = ${tenant_id} and lane = ${lane}`;
}

function countAwake(line: Line): SQL {
  return sql`(select count(*) from ${groupsOf(line, "awake")})`;
}

/** The turn behind the first that waits: the batches of a tenant take turns. */
function nextTurn(line: Line): SQL {
  return sql`(select coalesce(min(turn), 0) + 1 from ${groupsOf(line, "waiting")})`;
}

/** Puts the open groups of a batch that stand in no line into one, one behind the other. */
export function joinLine(batchId: string, line: Line, wakeAt: number): SQL {
  return sql`
    update batch_groups set lane = ${line.lane}, waiting = 1, turn = number + ${nextTurn(line)},
      wake_at = ${wakeAt + WAITING_LOOK_MS}
    where batch_id = ${batchId} and open = 1 and lane is null`;
}

/** Wakes the first groups of a line while its window has room. Returns their rows. */
export function fillWindow(line: Line, wakeAt: number): SQL {
  const room = sql`max(0, ${WINDOWS[line.lane]} - ${countAwake(line)})`;
  return sql`
    update batch_groups set waiting = 0, wake_at = ${wakeAt}
    where rowid in (select rowid from ${groupsOf(line, "waiting")} order by turn limit ${room})
    returning tenant_id, batch_id, number as "group"`;
}

function isGroup({ tenant_id, batch_id, group }: GroupKey): SQL {
  return sql`batch_id = ${batch_id} and number = ${group} and tenant_id = ${tenant_id} and open = 1`;
}

/**
 * The lines of the groups, on their tenant's shard. Each has a window of {@link WINDOWS} groups
 * that are awake. A group that ends, or has nothing due, leaves the line, and the next one wakes.
 */
export class GroupLine {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Whether a group that has a wake-up may run: it is awake already, or its line's window has room.
   * Otherwise it waits in the line, and a group that ends wakes it.
   */
  async admit(key: GroupKey, lane: Lane, { wakeAt }: WakeTimes): Promise<boolean> {
    const line = { tenant_id: key.tenant_id, lane };
    const isFull = sql`${countAwake(line)} >= ${WINDOWS[lane]}`;
    const [, awake] = await transact(this.#home(key), [
      sql`
        update batch_groups set lane = ${lane}, waiting = ${isFull},
          turn = case when lane is null then ${nextTurn(line)} else turn end,
          wake_at = case when ${isFull} then ${wakeAt + WAITING_LOOK_MS} else wake_at end
        where ${isGroup(key)} and (lane is null or waiting = 1)`,
      sql`select number from batch_groups where ${isGroup(key)} and lane is not null and waiting = 0`,
    ]);
    return awake?.length === 1;
  }

  /**
   * After a run of a group: it stays awake if it has items due. Otherwise it leaves the line until
   * its next wake-up. Then wakes the groups whose turn it is.
   */
  async rest(key: GroupKey, lane: Lane, { now, wakeAt }: WakeTimes): Promise<GroupRest> {
    const { batch_id, group } = key;
    const queued = sql`batch_items where batch_id = ${batch_id} and group_number = ${group}
      and state = 'queued' and ${forTheQueue(batch_id)}`;
    const isDue = sql`exists (select 1 from ${queued} and not_before <= ${now})`;
    const [due, , woken] = await transact(this.#home(key), [
      sql`select min(not_before) as due from ${queued}`,
      sql`
        update batch_groups set lane = case when ${isDue} then lane end,
          wake_at = case when ${isDue} then ${wakeAt} else wake_at end
        where ${isGroup(key)}`,
      fillWindow({ tenant_id: key.tenant_id, lane }, wakeAt),
    ]);
    return { due: (due?.[0]?.["due"] ?? null) as number | null, woken: (woken ?? []) as unknown as GroupKey[] };
  }

  /** Wakes the groups whose turn it is in a line. */
  async wakeNext(line: Line, wakeAt: number): Promise<GroupKey[]> {
    const [woken] = await transact(this.#home(line), [fillWindow(line, wakeAt)]);
    return (woken ?? []) as unknown as GroupKey[];
  }

  /** Lines in which groups wait although the window has room, at most `limit` on each shard. */
  async stalled(limit: number): Promise<Line[]> {
    const found = await this.#shards.everywhere(async (db) => stalledLines(db, limit), bucketOfTenant);
    return found.flat();
  }

  #home({ tenant_id }: Pick<Line, "tenant_id">): Database {
    return this.#shards.of(tenant_id);
  }
}

/** Goes from tenant to tenant in the index, so it reads a few rows of a line and not all groups. */
async function stalledLines(db: Database, limit: number): Promise<Line[]> {
  const waiting = sql`batch_groups where open = 1 and waiting = 1`;
  const [lines] = await transact(db, [
    sql`
      with recursive tenants(tenant) as (
        select min(tenant_id) from ${waiting}
        union all
        select (select min(tenant_id) from ${waiting} and tenant_id > tenants.tenant) from tenants where tenant is not null)
      select tenant as tenant_id, w.key as lane from tenants cross join json_each(${JSON.stringify(WINDOWS)}) w
      where tenant is not null
        and exists (select 1 from ${waiting} and tenant_id = tenants.tenant and lane = w.key)
        and w.value > (select count(*) from batch_groups
          where open = 1 and waiting = 0 and tenant_id = tenants.tenant and lane = w.key)
      limit ${limit}`,
  ]);
  return (lines ?? []) as unknown as Line[];
}
