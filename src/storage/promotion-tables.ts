import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { CanaryWatch } from "../domain/promotions/canary.ts";
import type { PromotionChecks, PromotionStatus, TestPair } from "../domain/promotions/promotion.ts";
import type { AutoRollback } from "../domain/promotions/protection.ts";
import type { SplitArm } from "../domain/prompts/label.ts";
import { moveColumns } from "./version-tables.ts";

// All of them are on the shard of their prompt, so that a label moves in one transaction with them.

/**
 * The moves of labels. They stay when the prompt is deleted. `untold_at` is set until the event of
 * the move is stored for the tenant's webhooks.
 */
export const labelMoves = sqliteTable(
  "label_moves",
  {
    ...moveColumns(),
    promotion_id: text(),
    traceparent: text(),
    untold_at: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant_id, table.name, table.label, table.position] }),
    uniqueIndex("label_moves_by_id").on(table.id),
    index("label_moves_untold")
      .on(table.untold_at)
      .where(sql`untold_at is not null`),
  ],
);

/**
 * What a move of a label has to pass. They stay when the prompt is deleted. `canary` is what is
 * known of the label's split, and `canary_due_at` when to look at it again.
 */
export const labelProtections = sqliteTable(
  "label_protections",
  {
    tenant_id: text().notNull(),
    name: text().notNull(),
    label: text().notNull(),
    tests: integer({ mode: "boolean" }).notNull(),
    compatible_variables: integer({ mode: "boolean" }).notNull(),
    approvals: integer().notNull(),
    // Rows of older versions do not say whether tests count.
    auto_rollback: text({ mode: "json" }).$type<Omit<AutoRollback, "tests"> & { tests?: boolean }>(),
    canary: text({ mode: "json" }).$type<CanaryWatch>(),
    canary_due_at: integer(),
    key_id: text().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant_id, table.name, table.label] }),
    index("label_protections_due")
      .on(table.canary_due_at)
      .where(sql`canary_due_at is not null`),
  ],
);

/**
 * Moves of protected labels that were asked for. `due_at` is when a worker may take one up, null
 * where there is nothing to do but to wait for approvals. `untold_at` is as in {@link labelMoves}.
 */
export const promotions = sqliteTable(
  "promotions",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    name: text().notNull(),
    label: text().notNull(),
    status: text().$type<PromotionStatus>().notNull(),
    key_id: text().notNull(),
    reason: text(),
    from_split: text({ mode: "json" }).$type<SplitArm[]>(),
    to_split: text({ mode: "json" }).$type<SplitArm[]>().notNull(),
    approvals: integer().notNull(),
    checks: text({ mode: "json" }).$type<PromotionChecks>().notNull(),
    test_pairs: text({ mode: "json" }).$type<TestPair[]>().notNull(),
    created_at: integer().notNull(),
    ended_at: integer(),
    ended_by: text(),
    detail: text(),
    due_at: integer(),
    untold_at: integer(),
    traceparent: text(),
  },
  (table) => [
    uniqueIndex("promotions_pending")
      .on(table.tenant_id, table.name, table.label)
      .where(sql`status = 'pending'`),
    index("promotions_by_tenant").on(table.tenant_id, sql`${table.id} desc`),
    index("promotions_due")
      .on(table.due_at)
      .where(sql`due_at is not null`),
    index("promotions_untold")
      .on(table.untold_at)
      .where(sql`untold_at is not null`),
  ],
);

/** Who approved a promotion. */
export const promotionApprovals = sqliteTable(
  "promotion_approvals",
  { promotion_id: text().notNull(), key_id: text().notNull(), approved_at: integer().notNull() },
  (table) => [primaryKey({ columns: [table.promotion_id, table.key_id] })],
);
