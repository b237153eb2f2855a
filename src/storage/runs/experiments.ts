import { and, desc, eq, lt, sql } from "drizzle-orm";
import type { ExperimentKind, ListedExperiment, Run, RunStatus, StepResult } from "../../domain/runs/run.ts";
import { experimentHeads, experimentResults, experiments } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { type RunKey, RunRepository, toRun } from "./run-repository.ts";

/** Which experiments to list; `before` is the id of the last one of the page before. */
export interface ExperimentQuery {
  prompt?: string | undefined;
  status?: RunStatus | undefined;
  before?: string | undefined;
  limit: number;
}

/** One kind of experiments, and what lists show of its plans. */
export interface ListedKind<Plan, Head> {
  kind: ExperimentKind;
  headOf: (plan: Plan) => { prompt: string; head: Head };
}

/** Comparisons or optimisations, with what lists show of them. */
export class ExperimentRepository<Plan, Result extends StepResult, Head, Counts> extends RunRepository<Plan, Result> {
  readonly #shards: Shards;
  readonly #listed: ListedKind<Plan, Head>;

  constructor(shards: Shards, listed: ListedKind<Plan, Head>) {
    super(shards, { runs: experiments, results: experimentResults });
    this.#shards = shards;
    this.#listed = listed;
  }

  override async create(run: Run<Plan>): Promise<void> {
    const { id: run_id, tenant_id, plan, status, created_at } = run;
    const head = { run_id, tenant_id, status, created_at, kind: this.#listed.kind, ...this.#listed.headOf(plan) };
    const db = this.#shards.of(tenant_id);
    // The head comes first: a trigger writes one for code that does not.
    await db.batch([db.insert(experimentHeads).values(head).onConflictDoNothing(), this.creating(run)]);
  }

  /** Of two ends at once, the run and its head tell the same one. */
  override async end(key: RunKey, status: RunStatus, now: number): Promise<Run<Plan> | undefined> {
    const db = this.#shards.of(key.tenant_id);
    const isOpen = sql`exists (select 1 from experiments where id = ${key.id} and ended_at is null)`;
    const [, [row]] = await db.batch([
      db
        .update(experimentHeads)
        .set({ status, ended_at: now })
        .where(and(isHead(key), isOpen)),
      this.ending(key, status, now),
    ]);
    return row && toRun<Plan>(row);
  }

  /** Keeps what was found by the end. */
  async keepCounts(key: RunKey, counts: Counts): Promise<void> {
    await this.#shards.of(key.tenant_id).update(experimentHeads).set({ counts }).where(isHead(key));
  }

  /** Newest first; up to `limit + 1`. */
  async list(
    tenantId: string,
    { prompt, status, before, limit }: ExperimentQuery,
  ): Promise<ListedExperiment<Head, Counts>[]> {
    const heads = experimentHeads;
    const rows = await this.#shards
      .of(tenantId)
      .select()
      .from(heads)
      .where(
        and(
          eq(heads.tenant_id, tenantId),
          eq(heads.kind, this.#listed.kind),
          prompt === undefined ? undefined : eq(heads.prompt, prompt),
          status === undefined ? undefined : eq(heads.status, status),
          before === undefined ? undefined : lt(heads.run_id, before),
        ),
      )
      .orderBy(desc(heads.run_id))
      .limit(limit + 1);
    return rows.map(({ run_id: id, tenant_id: _tenant, kind: _kind, head, counts, ...row }) => ({
      ...row,
      id,
      // Written by `create` and `keepCounts` alone, and rows of one kind have one form.
      head: head as Head,
      counts: counts as Counts | null,
    }));
  }

  /** Of experiments of every kind. */
  override async deleteOld(before: number, limit: number): Promise<void> {
    const old = sql`(select id from experiments where created_at < ${before} and ended_at is not null
      order by created_at limit ${limit})`;
    const heads = (db: Database) => db.delete(experimentHeads).where(sql`run_id in ${old}`);
    await Promise.all([...this.#shards.all.values()].map(heads));
    await super.deleteOld(before, limit);
  }
}

function isHead({ tenant_id, id }: RunKey) {
  return and(eq(experimentHeads.run_id, id), eq(experimentHeads.tenant_id, tenant_id));
}
