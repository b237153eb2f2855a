import { desc, type SQL } from "drizzle-orm";
import type { auditEntries, chainRuns } from "./schema.ts";
import type { Database } from "./shards.ts";

/** Rows of a shard among which one page looks for those that match a filter. */
const LOOKED_AT = 10_000;

/**
 * The oldest id that a page with a filter looks at on a shard, of the rows that `isWanted` says;
 * undefined where it looks at all of them. `toPageDownTo` makes the page go on from there.
 */
export async function pageFloorOf(
  db: Database,
  table: typeof auditEntries | typeof chainRuns,
  isWanted: SQL | undefined,
): Promise<string | undefined> {
  const { id } = table;
  const looked = db.select({ id }).from(table).where(isWanted).orderBy(desc(id));
  const oldest = await looked
    .limit(1)
    .offset(LOOKED_AT - 1)
    .get();
  return oldest?.id;
}
