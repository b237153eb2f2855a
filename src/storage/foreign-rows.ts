import { sql } from "drizzle-orm";

/**
 * Whether a row of a tenant is valid on a shard that is read as a whole: not a copy that a move
 * brings there, nor one that it left. Every statement that changes rows on all shards asks.
 */
export const IS_HERE = sql`tenant_id not in (select tenant_id from foreign_tenants)`;
