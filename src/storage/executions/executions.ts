import { and, desc, eq, getTableColumns, gte, lt, ne, sql } from "drizzle-orm";
import type { Execution, RecordedExecution } from "../../domain/executions/execution.ts";
import { mergePages, type Page } from "../../domain/page.ts";
import type { UsageRow } from "../../domain/usage/usage.ts";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import { addFeedbackScore, type ModelScores, readFeedbackScores } from "./feedback-scores.ts";
import { sumUsage, type UsageQuery } from "./usage.ts";

/** A query for a page of executions. Times are Unix ms; `from` is included, `to` is not. */
export interface ExecutionQuery {
  limit: number;
  /** Only executions whose id sorts before this one. */
  before?: string;
  prompt?: string;
  status?: Execution["status"];
  from?: number;
  to?: number;
}

const columns = Object.entries(getTableColumns(executions));
const places = columns.map(() => "?").join();
const names = columns.map(([, { name }]) => name);
/** What a known end changes in a record whose end was unknown. */
const KEPT = new Set(["id", "tenant_id", "feedback_score", "feedback_comment"]);
const ended = names.filter((name) => !KEPT.has(name)).map((name) => `${name} = excluded.${name}`);
/**
 * Every execution ends with this statement, and Drizzle would build it anew for each row. The first
 * record of an execution stays, except that a known end replaces `unknown`, however late it comes,
 * and of two that are `unknown` the one counts that knows of more attempts.
 */
const INSERT = `insert into executions (${names.join()}) values (${places})
  on conflict (id) do update set ${ended.join()}
  where executions.status = 'unknown'
    and (excluded.status <> 'unknown' or excluded.attempts > executions.attempts)
    and executions.tenant_id = excluded.tenant_id`;

function insertInto(db: Database, execution: Execution): D1PreparedStatement {
  const row: Record<string, unknown> = { ...execution };
  const values = columns.map(([field, column]) => {
    const value = row[field] ?? column.default ?? null;
    return value === null ? null : column.mapToDriverValue(value);
  });
  return db.$client.prepare(INSERT).bind(...values);
}

/**
 * Executions that ended. They are spread over the shards by `tenant/id`, so that no busy tenant or
 * prompt fills a single database.
 */
export class ExecutionRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Writes an execution once, however often it is delivered. */
  async record(execution: Execution): Promise<void> {
    await insertInto(this.#home(execution.tenant_id, execution.id), execution).run();
  }

  /**
   * Writes many executions: one call and one transaction a shard, which writes all of its rows or
   * none. A statement of many rows would need JSON (D1 binds 100 values), where SQLite cuts a text
   * at its first NUL.
   */
  async recordAll(rows: readonly Execution[]): Promise<void> {
    await Promise.all(
      this.byShard(rows).map(async ([first, ...rest]) => {
        if (!first) return;
        const db = this.#home(first.tenant_id, first.id);
        await db.$client.batch([first, ...rest].map((row) => insertInto(db, row)));
      }),
    );
  }

  /** Executions in groups, one for each shard that holds some of them. */
  byShard(rows: readonly Execution[]): Execution[][] {
    return [...Map.groupBy(rows, (row) => this.#home(row.tenant_id, row.id)).values()];
  }

  async find(tenantId: string, id: string): Promise<RecordedExecution | undefined> {
    return this.#home(tenantId, id).select().from(executions).where(isExecution(tenantId, id)).get();
  }

  /**
   * A tenant's executions by their ids, with one read a shard. Omits ids that have no execution.
   */
  async findAll(tenantId: string, ids: readonly string[]): Promise<Map<string, RecordedExecution>> {
    const byShard = Map.groupBy(ids, (id) => this.#home(tenantId, id));
    const found = await Promise.all([...byShard].map(async ([db, some]) => findOnShard(db, tenantId, some)));
    return new Map(found.flat().map((row) => [row.id, row]));
  }

  /** Which of these executions have a known end on record, with one read a shard. */
  async findEnded(tenantId: string, ids: readonly string[]): Promise<Set<string>> {
    const byShard = Map.groupBy(ids, (id) => this.#home(tenantId, id));
    const found = await Promise.all(
      [...byShard].map(async ([db, some]) =>
        db
          .select({ id: executions.id })
          .from(executions)
          .where(and(isOneOf(tenantId, some), ne(executions.status, "unknown"))),
      ),
    );
    return new Set(found.flat().map(({ id }) => id));
  }

  /**
   * A page of executions, newest first. Every shard names its newest ids, and only the rows of the
   * page are then read: an answer may be large, and most ids are not on the page.
   */
  async list(tenantId: string, query: ExecutionQuery): Promise<Page<RecordedExecution>> {
    const parts = await Promise.all([...this.#shards.all.values()].map((db) => listIds(db, tenantId, query)));
    const { data, next_cursor } = mergePages(parts, query.limit, ({ id }) => id, "desc");
    const ids = data.map(({ id }) => id);
    const rows = await this.findAll(tenantId, ids);
    return { data: ids.flatMap((id) => rows.get(id) ?? []), next_cursor };
  }

  /**
   * Sets the feedback of an execution, and then adds it to the sums of its prompt and model. False
   * if there is no such execution. A crash in between leaves the score out of the sums.
   */
  async setFeedback(tenantId: string, id: string, score: number, comment: string | null): Promise<boolean> {
    const db = this.#home(tenantId, id);
    const { prompt_name, model, status, feedback_score } = executions;
    const [found] = await db.batch([
      db
        .select({ prompt_name, model, status, before: feedback_score })
        .from(executions)
        .where(isExecution(tenantId, id)),
      db.update(executions).set({ feedback_score: score, feedback_comment: comment }).where(isExecution(tenantId, id)),
    ]);
    const [rated] = found;
    // Which model answered is not known of an execution that is `unknown`.
    if (rated?.model != null && rated.status !== "unknown") {
      await addFeedbackScore(this.#shards, tenantId, { ...rated, model: rated.model, score });
    }
    return rated !== undefined;
  }

  /** The feedback on a prompt's answers by these models, one row for each. */
  async feedbackScores(tenantId: string, promptName: string, models: readonly string[]): Promise<ModelScores[]> {
    return readFeedbackScores(this.#shards, tenantId, promptName, models);
  }

  /**
   * A tenant's usage, summed over all shards. One row more than the limit shows that there are too
   * many groups.
   */
  async usage(tenantId: string, query: UsageQuery): Promise<UsageRow[]> {
    return sumUsage(this.#shards, tenantId, query);
  }

  #home(tenantId: string, id: string): Database {
    return this.#shards.of(`${tenantId}/${id}`);
  }
}

function isExecution(tenantId: string, id: string) {
  return and(eq(executions.tenant_id, tenantId), eq(executions.id, id));
}

function isOneOf(tenantId: string, ids: readonly string[]) {
  const isWanted = sql`${executions.id} in (select value from json_each(${JSON.stringify(ids)}))`;
  return and(eq(executions.tenant_id, tenantId), isWanted);
}

async function findOnShard(db: Database, tenantId: string, ids: readonly string[]): Promise<RecordedExecution[]> {
  return db.select().from(executions).where(isOneOf(tenantId, ids));
}

async function listIds(db: Database, tenantId: string, query: ExecutionQuery): Promise<{ id: string }[]> {
  return db
    .select({ id: executions.id })
    .from(executions)
    .where(
      and(
        eq(executions.tenant_id, tenantId),
        query.before === undefined ? undefined : lt(executions.id, query.before),
        query.prompt === undefined ? undefined : eq(executions.prompt_name, query.prompt),
        query.status === undefined ? undefined : eq(executions.status, query.status),
        query.from === undefined ? undefined : gte(executions.created_at, query.from),
        query.to === undefined ? undefined : lt(executions.created_at, query.to),
      ),
    )
    .orderBy(desc(executions.id))
    .limit(query.limit + 1);
}
