import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { MoveState } from "../domain/shards/shard-move.ts";

// docs/decisions/0045 says what they are for. Times are Unix ms.

/**
 * Why a shard does not answer for a bucket, on that shard; none where it does. `peer` is the shard
 * that the bucket goes to, or comes from where it is `arriving`. One that is `closed` may be
 * reopened by anybody after `until`.
 */
export const bucketGuards = sqliteTable("bucket_guards", {
  bucket: integer().primaryKey(),
  state: text({ enum: ["arriving", "closed", "moved"] }).notNull(),
  peer: text().notNull(),
  epoch: integer().notNull(),
  token: text().notNull(),
  until: integer().notNull(),
});

/** Tenants of whom a shard has rows that are not valid, which sweeps must not change. */
export const foreignTenants = sqliteTable(
  "foreign_tenants",
  { tenant_id: text().primaryKey(), epoch: integer().notNull() },
  (table) => [index("foreign_tenants_by_epoch").on(table.epoch)],
);

/** The worker that may write the rows of a move to its target, by the token of its lease. */
export const shardFences = sqliteTable("shard_fences", {
  epoch: integer().primaryKey(),
  token: text().notNull(),
});

/** Keys of rows that changed on the source of a move, as JSON lists, in the order of the changes. */
export const shardChanges = sqliteTable("shard_changes", {
  seq: integer().primaryKey({ autoIncrement: true }),
  table_name: text().notNull(),
  key: text().notNull(),
});

/**
 * Moves of buckets, on the first shard. `position` is how far the state's work is, as JSON. A
 * worker holds a move by `token` until `lease_until`.
 */
export const shardMoves = sqliteTable(
  "shard_moves",
  {
    epoch: integer().primaryKey({ autoIncrement: true }),
    source: text().notNull(),
    target: text().notNull(),
    buckets: text({ mode: "json" }).$type<number[]>().notNull(),
    state: text().$type<MoveState>().notNull(),
    position: text({ mode: "json" }).$type<MovePosition>().notNull().default({}),
    token: text(),
    lease_until: integer().notNull().default(0),
    cancel_requested: integer({ mode: "boolean" }).notNull().default(false),
    rows_copied: integer().notNull().default(0),
    rows_verified: integer().notNull().default(0),
    rows_recopied: integer().notNull().default(0),
    rows_deleted: integer().notNull().default(0),
    closings: integer().notNull().default(0),
    closed_ms: integer(),
    checksum: text(),
    detail: text(),
    created_at: integer().notNull(),
    flipped_at: integer(),
    ended_at: integer(),
  },
  (table) => [
    index("shard_moves_open")
      .on(table.epoch)
      .where(sql`ended_at is null`),
  ],
);

/** The table whose rows are worked on, by its place in the list, and the last key that is done. */
export interface MovePosition {
  table?: number;
  after?: readonly (string | number)[] | null;
}
