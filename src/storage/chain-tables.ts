import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ChainDefinition } from "../domain/chains/chain.ts";
import type { ChainItem, ChainPlan, ChainRunStatus } from "../domain/chains/chain-run.ts";
import { LANES } from "../domain/lane.ts";
import { labelTable, moveColumns, versionTable } from "./version-tables.ts";

/**
 * Chains, on the shard of their tenant. A deleted chain keeps its row, so that no version number is
 * assigned twice.
 */
export const chains = sqliteTable(
  "chains",
  {
    tenant_id: text().notNull(),
    name: text().notNull(),
    latest_version: integer().notNull(),
    latest_hash: text().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    deleted_at: integer(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.name] })],
);

/** Immutable versions of chains. */
export const chainVersions = versionTable<ChainDefinition>("chain_versions");

/** Labels of chains. */
export const chainLabels = labelTable("chain_labels");

/** The moves of labels of chains. They stay when the chain is deleted. */
export const chainLabelMoves = sqliteTable("chain_label_moves", moveColumns(), (table) => [
  primaryKey({ columns: [table.tenant_id, table.name, table.label, table.position] }),
]);

/**
 * Runs of chains, on the shard of their tenant. One without an end is worked on by whoever has its
 * `token`, until its lease is over. Without a token it waits, or is in the queue until then.
 */
export const chainRuns = sqliteTable(
  "chain_runs",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    key_id: text().notNull(),
    chain_name: text().notNull(),
    chain_version: integer().notNull(),
    chain_label: text(),
    lane: text({ enum: LANES }).notNull(),
    plan: text({ mode: "json" }).$type<ChainPlan>().notNull(),
    status: text().$type<ChainRunStatus>().notNull(),
    token: text(),
    lease_until: integer().notNull(),
    starts: integer().notNull().default(0),
    created_at: integer().notNull(),
    ended_at: integer(),
  },
  (table) => [
    index("chain_runs_open")
      .on(table.tenant_id, table.lane, table.lease_until)
      .where(sql`ended_at is null`),
    index("chain_runs_by_tenant").on(table.tenant_id, sql`${table.id} desc`),
    index("chain_runs_ended")
      .on(table.ended_at)
      .where(sql`ended_at is not null`),
  ],
);

/** What is known of the executions of a run's steps, on its shard. */
export const chainItems = sqliteTable(
  "chain_items",
  {
    run_id: text().notNull(),
    step: text().notNull(),
    item: integer().notNull(),
    state: text({ mode: "json" }).$type<ChainItem>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.run_id, table.step, table.item] })],
);
