import { and, eq, isNull, lt, lte, sql } from "drizzle-orm";
import type { TestRun, TestRunStatus, TrialResult } from "../../domain/tests/test-run.ts";
import { testResults, testRuns } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** Names a run. */
export interface TestRunKey {
  tenant_id: string;
  id: string;
}

/** A run under a lease. `starts` counts how often it was claimed. */
export interface ClaimedRun {
  run: TestRun;
  token: string;
  starts: number;
}

/** Test runs and their results, on the tenant's shard. Times are Unix ms. */
export class TestRunRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Commits a run that nobody works on yet. */
  async create(run: TestRun): Promise<void> {
    await this.#shards
      .of(run.tenant_id)
      .insert(testRuns)
      .values({ ...run, lease_until: run.created_at });
  }

  async find({ tenant_id, id }: TestRunKey): Promise<TestRun | undefined> {
    const row = await this.#shards.of(tenant_id).select().from(testRuns).where(isRun({ tenant_id, id })).get();
    return row && toRun(row);
  }

  /** The results so far, in the order of the trials. */
  async results({ tenant_id, id }: TestRunKey): Promise<TrialResult[]> {
    const rows = await this.#shards
      .of(tenant_id)
      .select({ result: testResults.result })
      .from(testResults)
      .where(eq(testResults.run_id, id))
      .orderBy(testResults.position);
    return rows.map(({ result }) => result);
  }

  /** Takes the lease of a run. Undefined where it has ended, or another holds it at `now`. */
  async claim(key: TestRunKey, token: string, now: number, until: number): Promise<ClaimedRun | undefined> {
    const [row] = await this.#shards
      .of(key.tenant_id)
      .update(testRuns)
      .set({ token, lease_until: until, starts: sql`${testRuns.starts} + 1` })
      .where(and(isOpen(key), lte(testRuns.lease_until, now)))
      .returning();
    return row && { run: toRun(row), token, starts: row.starts };
  }

  /** Moves the end of a lease. False where the run has ended or is another's. */
  async renew(key: TestRunKey, token: string, until: number): Promise<boolean> {
    const held = await this.#shards
      .of(key.tenant_id)
      .update(testRuns)
      .set({ lease_until: until })
      .where(and(isOpen(key), eq(testRuns.token, token)))
      .returning({ id: testRuns.id });
    return held.length > 0;
  }

  /**
   * Keeps results; of two of one trial the first. Returns whether the run goes on: it has not ended.
   */
  async save({ tenant_id, id }: TestRunKey, results: readonly TrialResult[]): Promise<boolean> {
    const db = this.#shards.of(tenant_id);
    const [, open] = await db.batch([
      db
        .insert(testResults)
        .select(sql`select ${id}, value ->> 'position', value from json_each(${JSON.stringify(results)}) where true`)
        .onConflictDoNothing(),
      db.select({ id: testRuns.id }).from(testRuns).where(isOpen({ tenant_id, id })),
    ]);
    return open.length > 0;
  }

  /** Ends a run, whoever works on it. Undefined where there is no such run that has not ended. */
  async end(key: TestRunKey, status: TestRunStatus, now: number): Promise<TestRun | undefined> {
    const [row] = await this.#shards
      .of(key.tenant_id)
      .update(testRuns)
      .set({ status, ended_at: now, token: null })
      .where(isOpen(key))
      .returning();
    return row && toRun(row);
  }

  /** Runs of all shards whose lease ended before a time, oldest first; at most `limit` a shard. */
  async overdue(before: number, limit: number): Promise<TestRunKey[]> {
    const { tenant_id, id, lease_until, ended_at } = testRuns;
    const found = await this.#onAll(async (db) =>
      db
        .select({ tenant_id, id })
        .from(testRuns)
        .where(and(isNull(ended_at), lt(lease_until, before)))
        .orderBy(lease_until)
        .limit(limit),
    );
    return found.flat();
  }

  /** Deletes some of the runs that ended and were made before a time, with their results. */
  async deleteOld(before: number, limit: number): Promise<void> {
    await this.#onAll(async (db) => {
      const old = sql`(select id from test_runs where created_at < ${before} and ended_at is not null
        order by created_at limit ${limit})`;
      await db.batch([
        db.delete(testResults).where(sql`run_id in ${old}`),
        db.delete(testRuns).where(sql`id in ${old}`),
      ]);
    });
  }

  async #onAll<T>(work: (db: ReturnType<Shards["of"]>) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#shards.all.values()].map(work));
  }
}

type TestRunRow = typeof testRuns.$inferSelect;

function toRun({ id, tenant_id, key_id, plan, status, created_at, ended_at }: TestRunRow): TestRun {
  return { id, tenant_id, key_id, plan, status, created_at, ended_at };
}

function isRun({ tenant_id, id }: TestRunKey) {
  return and(eq(testRuns.id, id), eq(testRuns.tenant_id, tenant_id));
}

function isOpen(key: TestRunKey) {
  return and(isRun(key), isNull(testRuns.ended_at));
}
