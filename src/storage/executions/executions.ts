import { and, desc, eq, getTableColumns, gte, lt } from "drizzle-orm";
import type { Execution } from "../../domain/executions/execution.ts";
import { mergePages, type Page } from "../../domain/page.ts";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** An execution's row: what was recorded, and the feedback given since. */
export type ExecutionRow = typeof executions.$inferSelect;

/** What a page of executions is asked by. Times are Unix ms; `from` is included, `to` is not. */
export interface ExecutionQuery {
  limit: number;
  before?: string;
  prompt?: string;
  status?: Execution["status"];
  from?: number;
  to?: number;
}

/** Executions that ended. They are spread over the shards by `tenant/id`, so that one busy tenant or prompt fills no single database. */
export interface ExecutionRepository {
  /** Writes an execution once, however often it is delivered. */
  record(execution: Execution): Promise<void>;
  /** The same for many: one transaction a shard, whose rows are written all or none. */
  recordAll(executions: readonly Execution[]): Promise<void>;
  find(tenantId: string, id: string): Promise<ExecutionRow | undefined>;
  /** Newest first, over all shards. */
  list(tenantId: string, query: ExecutionQuery): Promise<Page<ExecutionRow>>;
  /** Sets the feedback; whether there was such an execution. */
  setFeedback(tenantId: string, id: string, score: number, comment: string | null): Promise<boolean>;
}

const columns = Object.entries(getTableColumns(executions));
const places = columns.map(() => "?").join();
/** Drizzle would build it anew for each row, and this is what every execution ends with. */
const INSERT = `insert into executions (${columns.map(([, { name }]) => name).join()}) values (${places}) on conflict do nothing`;

function insertInto(db: Database, execution: Execution): D1PreparedStatement {
  const row: Record<string, unknown> = { ...execution };
  const values = columns.map(([field, column]) => {
    const value = row[field] ?? column.default ?? null;
    return value === null ? null : column.mapToDriverValue(value);
  });
  return db.$client.prepare(INSERT).bind(...values);
}

/** The repository over the shards. */
export function createExecutionRepository(shards: Shards): ExecutionRepository {
  const home = (tenantId: string, id: string) => shards.of(`${tenantId}/${id}`);
  return {
    async record(execution) {
      await insertInto(home(execution.tenant_id, execution.id), execution).run();
    },
    async recordAll(rows) {
      const byShard = Map.groupBy(rows, (row) => home(row.tenant_id, row.id));
      await Promise.all(
        [...byShard].map(async ([db, some]) => db.$client.batch(some.map((row) => insertInto(db, row)))),
      );
    },
    async find(tenantId, id) {
      return home(tenantId, id).select().from(executions).where(isExecution(tenantId, id)).get();
    },
    async list(tenantId, query) {
      const parts = await Promise.all([...shards.all.values()].map((db) => listOnShard(db, tenantId, query)));
      return mergePages(parts, query.limit, (row) => row.id, "desc");
    },
    async setFeedback(tenantId, id, score, comment) {
      const changed = await home(tenantId, id)
        .update(executions)
        .set({ feedback_score: score, feedback_comment: comment })
        .where(isExecution(tenantId, id))
        .returning({ id: executions.id });
      return changed.length > 0;
    },
  };
}

function isExecution(tenantId: string, id: string) {
  return and(eq(executions.tenant_id, tenantId), eq(executions.id, id));
}

async function listOnShard(db: Database, tenantId: string, query: ExecutionQuery): Promise<ExecutionRow[]> {
  return db
    .select()
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
