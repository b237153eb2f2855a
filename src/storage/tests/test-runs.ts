import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { Run, RunStatus } from "../../domain/runs/run.ts";
import type {
  ListedTestRun,
  ReusedTrial,
  TestCounts,
  TestPlan,
  TestProgress,
  TrialResult,
} from "../../domain/tests/test-run.ts";
import { type RunKey, RunRepository, toRun } from "../runs/run-repository.ts";
import { testInputs, testResults, testRunHeads, testRuns } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** Which runs of a prompt to list; `before` is the id of the last one of the page before. */
export interface TestRunQuery {
  prompt: string;
  version?: number;
  before?: string;
  limit: number;
}

/** A stored trial: its run, its position in it, and the place of its digest in the query. */
export interface StoredTrial {
  of: number;
  run_id: string;
  position: number;
}

/** Test runs, with what lists show of them and the trials that later runs may reuse. */
export class TestRunRepository extends RunRepository<TestPlan, TrialResult> {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    super(shards, { runs: testRuns, results: testResults });
    this.#shards = shards;
  }

  /**
   * Commits a run with its head and copies of the results that it reuses. A copy is not reused
   * again, so that a result is at most as old as runs are kept.
   */
  override async create(run: Run<TestPlan>, reused: readonly ReusedTrial[] = []): Promise<void> {
    const { id: run_id, tenant_id, plan, status, created_at } = run;
    const { name: prompt, version } = plan.prompt;
    const db = this.#shards.of(tenant_id);
    await db.batch([
      this.creating(run),
      db.insert(testRunHeads).values({ run_id, tenant_id, prompt, version, status, created_at }).onConflictDoNothing(),
      db
        .insert(testResults)
        .select(
          sql`
          select ${run_id}, wanted.value ->> 'as', json_set(json_remove(result, '$.input_hash'),
            '$.position', wanted.value ->> 'as', '$.cost_nanousd', 0, '$.reused_from', run_id)
          from json_each(${JSON.stringify(reused)}) wanted
          join test_results on run_id = wanted.value ->> 'run_id' and position = wanted.value ->> 'position'
          where true`,
        )
        .onConflictDoNothing(),
    ]);
  }

  override async save(key: RunKey, token: string, results: readonly TrialResult[]): Promise<boolean> {
    const isOpen = await super.save(key, token, results);
    const inputs = results.flatMap(({ position, input_hash }) =>
      input_hash === undefined ? [] : [{ position, input_hash }],
    );
    if (inputs.length > 0) {
      await this.#shards
        .of(key.tenant_id)
        .insert(testInputs)
        .select(
          sql`select ${key.id}, value ->> 'position', value ->> 'input_hash'
            from json_each(${JSON.stringify(inputs)}) where ${this.isHeld(key, token)}`,
        )
        .onConflictDoNothing();
    }
    return isOpen;
  }

  /** Of two ends at once, the run and its head tell the same one. */
  override async end(key: RunKey, status: RunStatus, now: number): Promise<Run<TestPlan> | undefined> {
    const db = this.#shards.of(key.tenant_id);
    const isOpen = sql`exists (select 1 from test_runs where id = ${key.id} and ended_at is null)`;
    const [, [row]] = await db.batch([
      db
        .update(testRunHeads)
        .set({ status, ended_at: now })
        .where(and(isHead(key), isOpen)),
      this.ending(key, status, now),
    ]);
    return row && toRun<TestPlan>(row);
  }

  /** Keeps what a run counted at its end. */
  async keepCounts(key: RunKey, counts: TestCounts): Promise<void> {
    await this.#shards.of(key.tenant_id).update(testRunHeads).set({ counts }).where(isHead(key));
  }

  /** The newest runs of a prompt, one more than `limit` where there are more. */
  async listOf(tenantId: string, { prompt, version, before, limit }: TestRunQuery): Promise<ListedTestRun[]> {
    const heads = testRunHeads;
    const rows = await this.#shards
      .of(tenantId)
      .select()
      .from(heads)
      .where(
        and(
          eq(heads.tenant_id, tenantId),
          eq(heads.prompt, prompt),
          version === undefined ? undefined : eq(heads.version, version),
          before === undefined ? undefined : lt(heads.run_id, before),
        ),
      )
      .orderBy(desc(heads.run_id))
      .limit(limit + 1);
    return rows.map(({ run_id: id, tenant_id: _tenant, prompt: name, version: of, ...row }) => ({
      ...row,
      id,
      prompt: { name, version: of },
    }));
  }

  /** How far a run has come; undefined where the tenant has no such run. */
  async progress({ tenant_id, id }: RunKey): Promise<TestProgress | undefined> {
    const of = sql`from test_results where run_id = ${id}`;
    return this.#shards
      .of(tenant_id)
      .select({
        status: testRuns.status,
        ended: sql<number>`(select count(*) ${of} and result ->> 'skipped' is null)`,
        passed: sql<number>`(select coalesce(sum(result ->> 'passed'), 0) ${of})`,
        // No sum where one cost is not known.
        cost_nanousd: sql<number | null>`(select case when count(*) = count(result ->> 'cost_nanousd')
          then coalesce(sum(result ->> 'cost_nanousd'), 0) end ${of})`,
      })
      .from(testRuns)
      .where(and(eq(testRuns.id, id), eq(testRuns.tenant_id, tenant_id)))
      .get();
  }

  /**
   * For each digest the newest stored trials whose results depend on it, at most `each` of them;
   * `of` is the digest's place. Reads no more than it returns.
   */
  async stored(tenantId: string, hashes: readonly string[], each: number): Promise<StoredTrial[]> {
    return this.#shards.of(tenantId).all<StoredTrial>(sql`
      select hash.key as "of", run_id, position from json_each(${JSON.stringify(hashes)}) hash
      join test_inputs stored on stored.rowid in
        (select rowid from test_inputs where input_hash = hash.value order by rowid desc limit ${each})`);
  }

  override async deleteOld(before: number, limit: number): Promise<void> {
    const old = sql`(select id from test_runs where created_at < ${before} and ended_at is not null
      order by created_at limit ${limit})`;
    await Promise.all(
      [...this.#shards.all.values()].map(async (db) =>
        db.batch([
          db.delete(testInputs).where(sql`run_id in ${old}`),
          db.delete(testRunHeads).where(sql`run_id in ${old}`),
        ]),
      ),
    );
    await super.deleteOld(before, limit);
  }
}

function isHead({ tenant_id, id }: RunKey) {
  return and(eq(testRunHeads.run_id, id), eq(testRunHeads.tenant_id, tenant_id));
}
