import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { LANES } from "../domain/lane.ts";

/**
 * Groups of up to fifty items that run together. A wake-up names a group, and the sweep looks for
 * open groups. The counts are of items including copies, and every change recounts them.
 * An open group in its tenant's line is awake or `waiting`; see `batches/group-line.ts`.
 */
export const batchGroups = sqliteTable(
  "batch_groups",
  {
    batch_id: text().notNull(),
    number: integer().notNull(),
    tenant_id: text().notNull(),
    open: integer({ mode: "boolean" }).notNull().default(true),
    queued: integer().notNull(),
    running: integer().notNull().default(0),
    succeeded: integer().notNull().default(0),
    failed: integer().notNull().default(0),
    cancelled: integer().notNull().default(0),
    cost_nanousd: integer().notNull().default(0),
    /** When the sweep sends the group's wake-up again, because it must have been lost. */
    wake_at: integer().notNull(),
    /** The lane of the line that it is in; null if none, as where older code accepted it. */
    lane: text({ enum: LANES }),
    waiting: integer({ mode: "boolean" }).notNull().default(false),
    /** The place in the line; the least is next. */
    turn: integer().notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.batch_id, table.number] }),
    index("batch_groups_open")
      .on(table.wake_at)
      .where(sql`open = 1`),
    index("batch_groups_open_in_batch")
      .on(table.batch_id)
      .where(sql`open = 1`),
    index("batch_groups_in_line")
      .on(table.waiting, table.tenant_id, table.lane, table.turn)
      .where(sql`open = 1`),
  ],
);
