import { and, eq, sql } from "drizzle-orm";
import type { ExecutionRow } from "./executions.ts";
import { executions } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";

/** Executions of a tenant by their ids, one read a shard; ids that have none are left out. */
export type LookUpExecutions = (tenantId: string, ids: readonly string[]) => Promise<Map<string, ExecutionRow>>;

/** The lookup over the shards. */
export function createLookUpExecutions(shards: Shards): LookUpExecutions {
  return async function lookUpExecutions(tenantId, ids) {
    const byShard = new Map<Database, string[]>();
    for (const id of ids) {
      const db = shards.of(`${tenantId}/${id}`);
      byShard.set(db, [...(byShard.get(db) ?? []), id]);
    }
    const found = await Promise.all(
      [...byShard].map(([db, some]) =>
        db
          .select()
          .from(executions)
          .where(
            and(
              eq(executions.tenant_id, tenantId),
              sql`${executions.id} in (select value from json_each(${JSON.stringify(some)}))`,
            ),
          ),
      ),
    );
    return new Map(found.flat().map((row) => [row.id, row]));
  };
}
