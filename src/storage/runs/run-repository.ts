import { and, eq, isNull, lt, lte, type SQL, sql } from "drizzle-orm";
import { jsonLists } from "../../lib/json-lists.ts";
import type { Run, RunStatus, StepResult } from "../../domain/runs/run.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import type { resultTable, runTable } from "../run-tables.ts";
import type { Shards } from "../shards.ts";

/** Names a run. */
export interface RunKey {
  tenant_id: string;
  id: string;
}

/**
 * A run under a lease. `starts` counts how often it was claimed, anew from 2 after a turn that
 * ended well.
 */
export interface ClaimedRun<Plan> {
  run: Run<Plan>;
  token: string;
  starts: number;
}

/**
 * The most characters of JSON in a statement: a bound value has 2 MB, and a character up to 3
 * bytes.
 */
const MAX_LIST = 500_000;

/** Where runs of a kind are stored. */
export interface RunTables {
  runs: ReturnType<typeof runTable>;
  results: ReturnType<typeof resultTable>;
}

/** Runs and the results of their steps, on the tenant's shard. Times are Unix ms. */
export class RunRepository<Plan, Result extends StepResult> {
  readonly #shards: Shards;
  readonly #tables: RunTables;

  constructor(shards: Shards, tables: RunTables) {
    this.#shards = shards;
    this.#tables = tables;
  }

  /** Commits a run that nobody works on yet, once. */
  async create(run: Run<Plan>): Promise<void> {
    await this.creating(run);
  }

  /** The statement of {@link create}, for a batch. */
  protected creating(run: Run<Plan>) {
    return this.#shards
      .of(run.tenant_id)
      .insert(this.#tables.runs)
      .values({ ...run, lease_until: run.created_at })
      .onConflictDoNothing();
  }

  /**
   * The runs of a tenant that have not ended, counted up to `most`. They are few, unlike those that
   * have.
   */
  async countOpen(tenantId: string, most: number): Promise<number> {
    const { runs } = this.#tables;
    // The sign keeps SQLite from the index by tenant, which has the ended runs, too.
    const open = await this.#shards
      .of(tenantId)
      .select({ id: runs.id })
      .from(runs)
      .where(and(isNull(runs.ended_at), sql`+${runs.tenant_id} = ${tenantId}`))
      .limit(most);
    return open.length;
  }

  async find({ tenant_id, id }: RunKey): Promise<Run<Plan> | undefined> {
    const { runs } = this.#tables;
    const row = await this.#shards.of(tenant_id).select().from(runs).where(this.#isRun({ tenant_id, id })).get();
    return row && toRun<Plan>(row);
  }

  /** The results so far, in the order of the steps. */
  async results({ tenant_id, id }: RunKey): Promise<Result[]> {
    const { results } = this.#tables;
    const rows = await this.#shards
      .of(tenant_id)
      .select({ result: results.result })
      .from(results)
      .where(eq(results.run_id, id))
      .orderBy(results.position);
    return rows.map(({ result }) => result as Result);
  }

  /** The results of some steps. */
  async resultsAt({ tenant_id, id }: RunKey, positions: readonly number[]): Promise<Result[]> {
    const { results } = this.#tables;
    const isAsked = sql`${results.position} in (select value from json_each(${JSON.stringify(positions)}))`;
    const query = this.#shards.of(tenant_id).select({ result: results.result }).from(results);
    return (await query.where(and(eq(results.run_id, id), isAsked))).map(({ result }) => result as Result);
  }

  /** What the executions of a run spent or may still spend, where it has a cost limit. */
  async spent(key: RunKey): Promise<number> {
    const { runs } = this.#tables;
    const query = this.#shards.of(key.tenant_id).select({ spent: runs.spent_nanousd }).from(runs);
    return (await query.where(this.#isRun(key)).get())?.spent ?? 0;
  }

  /** Sets money aside for a call. False where the run has ended, or has too little left. */
  async reserve(key: RunKey, nanousd: number, limit: number): Promise<boolean> {
    const { runs } = this.#tables;
    const reserved = await this.#shards
      .of(key.tenant_id)
      .update(runs)
      .set({ spent_nanousd: sql`${runs.spent_nanousd} + ${nanousd}` })
      .where(and(this.#isOpen(key), lte(runs.spent_nanousd, limit - nanousd)))
      .returning({ id: runs.id });
    return reserved.length > 0;
  }

  /** Gives back what a call did not need of its money. */
  async release(key: RunKey, nanousd: number): Promise<void> {
    const { runs } = this.#tables;
    const spent_nanousd = sql`${runs.spent_nanousd} - ${nanousd}`;
    await this.#shards.of(key.tenant_id).update(runs).set({ spent_nanousd }).where(this.#isRun(key));
  }

  /** Takes the lease of a run. Undefined where it has ended, or another holds it at `now`. */
  async claim(key: RunKey, token: string, now: number, until: number): Promise<ClaimedRun<Plan> | undefined> {
    const { runs } = this.#tables;
    const [row] = await this.#shards
      .of(key.tenant_id)
      .update(runs)
      .set({ token, lease_until: until, starts: sql`${runs.starts} + 1` })
      .where(and(this.#isOpen(key), lte(runs.lease_until, now)))
      .returning();
    return row && { run: toRun<Plan>(row), token, starts: row.starts };
  }

  /** Moves the end of a lease. False where the run has ended or is another's. */
  async renew(key: RunKey, token: string, until: number): Promise<boolean> {
    const { runs } = this.#tables;
    const held = await this.#shards
      .of(key.tenant_id)
      .update(runs)
      .set({ lease_until: until })
      .where(and(this.#isOpen(key), eq(runs.token, token)))
      .returning({ id: runs.id });
    return held.length > 0;
  }

  /** Ends a lease whose worker did what it began. False where the run has ended or is another's. */
  async handBack(key: RunKey, token: string, now: number): Promise<boolean> {
    const { runs } = this.#tables;
    const held = await this.#shards
      .of(key.tenant_id)
      .update(runs)
      .set({ lease_until: now, starts: 1 })
      .where(and(this.#isOpen(key), eq(runs.token, token)))
      .returning({ id: runs.id });
    return held.length > 0;
  }

  /**
   * Keeps results of the worker that has the lease, or had it when the run ended; of two of one step
   * the first. Those of a worker whose run is another's by now are not kept: the other one makes
   * the same steps, and counts what was paid for them before. Returns whether the run goes on.
   */
  async save(key: RunKey, token: string, results: readonly Result[]): Promise<boolean> {
    const { runs, results: table } = this.#tables;
    const db = this.#shards.of(key.tenant_id);
    const inserts = jsonLists(results, MAX_LIST).map((list) =>
      db
        .insert(table)
        .select(
          sql`select ${key.id}, value ->> 'position', value from json_each(${list}) where ${this.isHeld(key, token)}`,
        )
        .onConflictDoNothing(),
    );
    const isOurs = and(this.#isOpen(key), eq(runs.token, token));
    const [open] = await db.batch([db.select({ id: runs.id }).from(runs).where(isOurs), ...inserts]);
    return open.length > 0;
  }

  /** Whether a worker holds a run, or did when it ended. Older versions forget who did. */
  protected isHeld(key: RunKey, token: string): SQL {
    const { runs } = this.#tables;
    return sql`exists (select 1 from ${runs} where ${this.#isRun(key)}
      and (${runs.token} = ${token} or (${runs.token} is null and ${runs.ended_at} is not null)))`;
  }

  /** Ends a run, whoever works on it. Undefined where there is no such run that has not ended. */
  async end(key: RunKey, status: RunStatus, now: number): Promise<Run<Plan> | undefined> {
    const [row] = await this.ending(key, status, now);
    return row && toRun<Plan>(row);
  }

  /** The statement of {@link end}, for a batch. */
  protected ending(key: RunKey, status: RunStatus, now: number) {
    return this.#shards
      .of(key.tenant_id)
      .update(this.#tables.runs)
      .set({ status, ended_at: now })
      .where(this.#isOpen(key))
      .returning();
  }

  /** Runs of all shards whose lease ended before a time, oldest first; at most `limit` a shard. */
  async overdue(before: number, limit: number): Promise<RunKey[]> {
    const { runs } = this.#tables;
    const { tenant_id, id, lease_until, ended_at } = runs;
    return this.#shards.everywhere(
      async (db) =>
        db
          .select({ tenant_id, id })
          .from(runs)
          .where(and(isNull(ended_at), lt(lease_until, before)))
          .orderBy(lease_until)
          .limit(limit),
      bucketOfTenant,
    );
  }

  /** Deletes some of the runs that ended and were made before a time, with their results. */
  async deleteOld(before: number, limit: number): Promise<void> {
    await this.#onAll(async (db) => {
      const { runs, results } = this.#tables;
      const old = sql`(select id from ${runs} where created_at < ${before} and ended_at is not null
        order by created_at limit ${limit})`;
      await db.batch([db.delete(results).where(sql`run_id in ${old}`), db.delete(runs).where(sql`id in ${old}`)]);
    });
  }

  async #onAll<T>(work: (db: ReturnType<Shards["of"]>) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#shards.all.values()].map(work));
  }

  #isRun({ tenant_id, id }: RunKey) {
    const { runs } = this.#tables;
    return and(eq(runs.id, id), eq(runs.tenant_id, tenant_id));
  }

  #isOpen(key: RunKey) {
    return and(this.#isRun(key), isNull(this.#tables.runs.ended_at));
  }
}

/** Plans are written by {@link RunRepository.create} alone, and rows of one table have one kind. */
export function toRun<Plan>(row: RunTables["runs"]["$inferSelect"]): Run<Plan> {
  const { id, tenant_id, key_id, plan, status, created_at, ended_at } = row;
  return { id, tenant_id, key_id, plan: plan as Plan, status, created_at, ended_at };
}
