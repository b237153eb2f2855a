import { sql } from "drizzle-orm";
import journal from "../../migrations/meta/_journal.json" with { type: "json" };
import type { Database } from "./shards.ts";

/**
 * The migrations that this Worker needs, as wrangler and the local server record them: by the names
 * of their files.
 */
const NEEDED = JSON.stringify(journal.entries.map(({ tag }) => `${tag}.sql`));

/** Throws unless every migration that this Worker needs has run on the shard. */
export async function requireMigrations(db: Database): Promise<void> {
  const [missing] = await db.all<{ value: string }>(
    sql`select value from json_each(${NEEDED}) where value not in (select name from d1_migrations) limit 1`,
  );
  if (missing) throw new Error(`the migration ${missing.value} has not run`);
}
