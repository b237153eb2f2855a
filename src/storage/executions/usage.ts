import { and, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { mergeUsage, type UsageGroup, type UsageRow } from "../../domain/usage/usage.ts";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** A query for usage. Times are Unix ms; `from` is included, `to` is not. */
export interface UsageQuery {
  from: number;
  to: number;
  group_by: UsageGroup[];
  /** The most groups that the caller accepts. */
  limit: number;
}

/** The expression behind each dimension. A caller names a dimension, never a column. */
const GROUPS: Record<UsageGroup, SQL<string | null>> = {
  prompt: sql`${executions.prompt_name}`,
  model: sql`${executions.model}`,
  provider: sql`${executions.provider}`,
  key: sql`${executions.key_id}`,
  user: sql`${executions.end_user}`,
  hour: sql`strftime('%Y-%m-%dT%H:00:00Z', ${executions.created_at} / 1000, 'unixepoch')`,
  day: sql`strftime('%Y-%m-%d', ${executions.created_at} / 1000, 'unixepoch')`,
};

const count = (condition: SQL) => sql<number>`count(case when ${condition} then 1 end)`;
const total = (value: SQL) => sql<number>`coalesce(sum(${value}), 0)`;
const { cached, prompt_tokens, completion_tokens } = executions;
const SUMS = {
  executions: sql<number>`count(*)`,
  errors: count(sql`${executions.status} = 'failed'`),
  prompt_tokens: total(sql`case when ${cached} is null then ${prompt_tokens} end`),
  completion_tokens: total(sql`case when ${cached} is null then ${completion_tokens} end`),
  cost_nanousd: total(sql`${executions.cost_nanousd}`),
  saved_tokens: total(sql`case when ${cached} is not null then ${prompt_tokens} + ${completion_tokens} end`),
  saved_nanousd: total(sql`${executions.saved_nanousd}`),
  memory_hits: count(sql`${cached} = 'memory'`),
  edge_hits: count(sql`${cached} = 'edge'`),
  kv_hits: count(sql`${cached} = 'kv'`),
  flight_hits: count(sql`${cached} = 'flight'`),
};

/**
 * Sums a tenant's usage over all shards, sorted by its groups. One row more than the limit shows
 * that there are too many groups.
 */
export async function sumUsage(shards: Shards, tenantId: string, query: UsageQuery): Promise<UsageRow[]> {
  const parts = await Promise.all([...shards.all.values()].map(async (db) => sumOnShard(db, tenantId, query)));
  return mergeUsage(parts, query.group_by);
}

async function sumOnShard(db: Database, tenantId: string, query: UsageQuery): Promise<UsageRow[]> {
  const by = query.group_by.map((group, index) => ({ group, alias: `g${index}`, value: GROUPS[group] }));
  const groups = Object.fromEntries(by.map(({ alias, value }) => [alias, value]));
  const rows = await db
    .select({ ...SUMS, ...groups })
    .from(executions)
    .where(
      and(
        eq(executions.tenant_id, tenantId),
        gte(executions.created_at, query.from),
        lt(executions.created_at, query.to),
      ),
    )
    .groupBy(...by.map(({ value }) => value))
    .limit(query.limit + 1);
  return rows.map((row) => {
    const values: Record<string, unknown> = row;
    return { ...row, groups: Object.fromEntries(by.map(({ group, alias }) => [group, values[alias]])) };
  });
}
