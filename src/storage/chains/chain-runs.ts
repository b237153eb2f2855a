import { and, asc, desc, eq, gte, lt, sql } from "drizzle-orm";
import type { ChainItem, ChainRun, ChainRunStatus } from "../../domain/chains/chain-run.ts";
import type { Lane } from "../../domain/lane.ts";
import { type Page, toPageDownTo } from "../../domain/page.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { pageFloorOf } from "../page-floor.ts";
import type { RunKey } from "../runs/run-repository.ts";
import { chainItems, chainRuns } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** A tenant's runs that wait for their turn in a lane. */
export interface ChainLine {
  tenant_id: string;
  lane: Lane;
}

/** A query for runs, newest first: at most `limit`, before the id `before`. */
export interface ChainRunQuery {
  limit: number;
  before?: string;
  chain?: string;
  status?: ChainRunStatus;
}

/** A run in a list. */
export type ListedChainRun = Pick<
  ChainRun,
  "id" | "chain_name" | "chain_version" | "chain_label" | "status" | "created_at" | "ended_at"
>;

/** How a run stands, and those of its items that the reader does not know in their end. */
export interface ChainRunNews extends Pick<ChainRun, "status" | "ended_at"> {
  items: ChainItem[];
}

/**
 * Runs of chains and the executions of their steps, on the tenant's shard. One worker at a time
 * works on a run, under a lease that it renews. Times are Unix ms.
 */
export class ChainRunRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Commits a run, under the lease of its first worker where it has one. One that exists already
   * stays as it is. False where the tenant has `most` runs that have not ended.
   */
  async create(run: ChainRun, most: number, lease: { token: string; until: number } | null): Promise<boolean> {
    const { id, tenant_id, key_id, chain_name, chain_version, chain_label, lane, status, created_at } = run;
    const [token, until, starts] = lease ? [lease.token, lease.until, 1] : [null, created_at, 0];
    const db = this.#shards.of(tenant_id);
    const [, found] = await db.batch([
      db
        .insert(chainRuns)
        .select(
          sql`select ${id}, ${tenant_id}, ${key_id}, ${chain_name}, ${chain_version}, ${chain_label}, ${lane},
            ${JSON.stringify(run.plan)}, ${status}, ${token}, ${until}, ${starts}, ${created_at}, null
          where (select count(*) from chain_runs where tenant_id = ${tenant_id} and ended_at is null) < ${most}`,
        )
        .onConflictDoNothing(),
      db.select({ id: chainRuns.id }).from(chainRuns).where(eq(chainRuns.id, id)),
    ]);
    return found.length > 0;
  }

  async find({ tenant_id, id }: RunKey): Promise<ChainRun | undefined> {
    const row = await this.#shards
      .of(tenant_id)
      .select()
      .from(chainRuns)
      .where(and(eq(chainRuns.id, id), eq(chainRuns.tenant_id, tenant_id)))
      .get();
    return row && toRun(row);
  }

  /**
   * Takes the lease of a run, and returns how often it was taken by now. Undefined where the run
   * has ended, or another worker holds it at `now`.
   */
  async takeLease(key: RunKey, token: string, now: number, until: number): Promise<number | undefined> {
    const [row] = await this.#shards.of(key.tenant_id).all<{ starts: number }>(sql`
      update chain_runs set token = ${token}, lease_until = ${until}, starts = starts + 1
      where ${isOpen(key)} and (token is null or lease_until <= ${now}) returning starts`);
    return row?.starts;
  }

  /** Moves the end of a lease. False where the run has ended or is another's. */
  async renew(key: RunKey, token: string, until: number): Promise<boolean> {
    const held = await this.#shards.of(key.tenant_id).all(sql`
      update chain_runs set lease_until = ${until} where ${isOpen(key)} and token = ${token} returning id`);
    return held.length > 0;
  }

  /** Ends a run, whoever works on it. False where there is no such run that has not ended. */
  async end(key: RunKey, status: ChainRunStatus, now: number): Promise<boolean> {
    const ended = await this.#shards.of(key.tenant_id).all(sql`
      update chain_runs set status = ${status}, ended_at = ${now} where ${isOpen(key)} returning id`);
    return ended.length > 0;
  }

  /**
   * Newest first; their plans, of up to 2 MB each, stay where they are. Runs that match a filter are
   * looked for among so many, so a page may have fewer than asked for, and another one follow.
   */
  async list(tenantId: string, { limit, before, chain, status }: ChainRunQuery): Promise<Page<ListedChainRun>> {
    const { id, chain_name, chain_version, chain_label, status: stands, created_at, ended_at } = chainRuns;
    const db = this.#shards.of(tenantId);
    const ofTenant = and(eq(chainRuns.tenant_id, tenantId), before === undefined ? undefined : lt(id, before));
    const matches = and(
      chain === undefined ? undefined : eq(chain_name, chain),
      status === undefined ? undefined : eq(stands, status),
    );
    const floor = matches && (await pageFloorOf(db, chainRuns, ofTenant));
    const rows = await db
      .select({ id, chain_name, chain_version, chain_label, status: stands, created_at, ended_at })
      .from(chainRuns)
      .where(and(ofTenant, matches, floor === undefined ? undefined : gte(id, floor)))
      .orderBy(desc(id))
      .limit(limit + 1);
    return toPageDownTo(floor, rows, { limit, key: (row) => row.id, list: "runs" });
  }

  /** What is known of the executions of a run. */
  async items({ tenant_id, id }: RunKey): Promise<ChainItem[]> {
    const rows = await this.#shards
      .of(tenant_id)
      .select({ state: chainItems.state })
      .from(chainItems)
      .where(eq(chainItems.run_id, id))
      .orderBy(asc(chainItems.step), asc(chainItems.item));
    return rows.map(({ state }) => state);
  }

  /**
   * What is new in a run for a reader who knows these items, named `step/item`, in their end.
   * Undefined where there is no such run.
   */
  async news({ tenant_id, id }: RunKey, known: readonly string[]): Promise<ChainRunNews | undefined> {
    const db = this.#shards.of(tenant_id);
    const [[run], items] = await db.batch([
      db
        .select({ status: chainRuns.status, ended_at: chainRuns.ended_at })
        .from(chainRuns)
        .where(and(eq(chainRuns.id, id), eq(chainRuns.tenant_id, tenant_id))),
      db
        .select({ state: chainItems.state })
        .from(chainItems)
        .where(
          and(
            eq(chainItems.run_id, id),
            sql`step || '/' || item not in (select value from json_each(${JSON.stringify(known)}))`,
          ),
        )
        .orderBy(asc(chainItems.step), asc(chainItems.item)),
    ]);
    return run && { ...run, items: items.map(({ state }) => state) };
  }

  /**
   * Keeps what is known of an item, where the run is the worker's. With `mustBeOpen` the run must
   * not have ended either, as for a call that is about to be made. False where nothing was written.
   */
  async save(key: RunKey, token: string, item: ChainItem, mustBeOpen: boolean): Promise<boolean> {
    const held = sql`select 1 from chain_runs where id = ${key.id} and token = ${token}`;
    const saved = await this.#shards.of(key.tenant_id).all(sql`
      insert into chain_items (run_id, step, item, state)
      select ${key.id}, ${item.step}, ${item.item}, ${JSON.stringify(item)}
      where exists (${mustBeOpen ? sql`${held} and ended_at is null` : held})
      on conflict (run_id, step, item) do update set state = excluded.state
      returning item`);
    return saved.length > 0;
  }

  /** Lets go of a run that goes on: it waits for its turn, and nobody vanished with it. */
  async letGo(key: RunKey, token: string, now: number): Promise<void> {
    await this.#shards.of(key.tenant_id).run(sql`
      update chain_runs set token = null, lease_until = ${now}, starts = 0
      where ${isOpen(key)} and token = ${token}`);
  }

  /**
   * Marks runs of a line as woken until `until`, the oldest first, as far as the line's window has
   * room beside those that are woken or worked on at `now`. Returns them.
   */
  async wakeNext({ tenant_id, lane }: ChainLine, window: number, now: number, until: number): Promise<RunKey[]> {
    const line = sql`tenant_id = ${tenant_id} and lane = ${lane} and ended_at is null`;
    return this.#shards.of(tenant_id).all<RunKey>(sql`
      update chain_runs set token = null, lease_until = ${until} where id in (
        select id from chain_runs where ${line} and lease_until <= ${now} order by id
        limit max(0, ${window} - (select count(*) from chain_runs where ${line} and lease_until > ${now})))
      returning tenant_id, id`);
  }

  /**
   * Lines of all shards with a run that nobody works on at `now` and room for it in their window;
   * those that wait longest first, at most `limit` a shard.
   */
  async idleLines(now: number, windows: Readonly<Record<Lane, number>>, limit: number): Promise<ChainLine[]> {
    return this.#shards.everywhere(
      async (db) =>
        db.all<ChainLine>(sql`
          select tenant_id, lane from chain_runs where ended_at is null group by tenant_id, lane
          having min(lease_until) <= ${now}
            and sum(lease_until > ${now}) < (select value from json_each(${JSON.stringify(windows)}) where key = lane)
          order by min(lease_until) limit ${limit}`),
      bucketOfTenant,
    );
  }

  /**
   * Deletes some of the runs that ended before a time, each once its items are deleted. `most` is
   * how many runs and items of each shard; a run may have thousands. Returns how many runs.
   */
  async deleteEnded(before: number, most: { runs: number; items: number }): Promise<number> {
    const deleted = await this.#onAll(async (db) => {
      const old = sql`(select id from chain_runs where ended_at < ${before} order by ended_at limit ${most.runs})`;
      const [, runs] = await db.batch([
        db
          .delete(chainItems)
          .where(sql`rowid in (select rowid from chain_items where run_id in ${old} limit ${most.items})`),
        db
          .delete(chainRuns)
          .where(sql`id in ${old} and not exists (select 1 from chain_items where run_id = chain_runs.id)`)
          .returning({ id: chainRuns.id }),
      ]);
      return runs.length;
    });
    return deleted.reduce((sum, count) => sum + count, 0);
  }

  async #onAll<T>(work: (db: Database) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#shards.all.values()].map(work));
  }
}

function isOpen({ tenant_id, id }: RunKey) {
  return sql`id = ${id} and tenant_id = ${tenant_id} and ended_at is null`;
}

function toRun({
  token: _token,
  lease_until: _lease,
  starts: _starts,
  ...run
}: typeof chainRuns.$inferSelect): ChainRun {
  return run;
}
