import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { bucketInId } from "../../domain/id.ts";
import { bucketOf, promptKey } from "../../domain/shard.ts";
import * as schema from "../schema.ts";

/** A row as D1 gives and takes it. */
export type StoredRow = Record<string, string | number | null>;

/** How the rows of a table find their bucket. */
interface Ownership {
  /** Columns whose values name the owner; those of the parent where there is one. */
  by: readonly string[];
  bucket: (...values: string[]) => number;
  /** The table whose row says it, the column of this table that names that row, and its own. */
  parent?: { table: string; column: string; key: string };
}

/** A table whose rows move with their buckets. */
export interface OwnedTable extends Ownership {
  name: string;
  /** The columns of its primary key, in its order. */
  key: readonly string[];
  columns: readonly string[];
  /** Whether triggers write it, so that it is compared once more when nothing else changes. */
  isDerived: boolean;
}

const byTenant: Ownership = { by: ["tenant_id"], bucket: bucketOf };
const byPrompt: Ownership = { by: ["tenant_id", "name"], bucket: (tenant, name) => bucketOf(promptKey(tenant, name)) };

function ofParent(table: SQLiteTable, column: string): Ownership {
  return { ...byTenant, parent: { table: getTableConfig(table).name, column, key: "id" } };
}

/**
 * Every table that moves. Children stand before their parents, because they are deleted before
 * them, and tables that triggers write stand last, because they are copied after what wakes those.
 */
const OWNED: ReadonlyArray<readonly [SQLiteTable, Ownership, "derived"?]> = [
  [schema.batchItems, ofParent(schema.batches, "batch_id")],
  [schema.batchGroups, byTenant],
  [schema.providerBatches, byTenant],
  [schema.batches, byTenant],
  [schema.testResults, ofParent(schema.testRuns, "run_id")],
  [schema.testInputs, ofParent(schema.testRuns, "run_id")],
  [schema.testRunHeads, byTenant],
  [schema.testRuns, byTenant],
  [schema.experimentResults, ofParent(schema.experiments, "run_id")],
  [schema.experiments, byTenant],
  [schema.chainItems, ofParent(schema.chainRuns, "run_id")],
  [schema.chainRuns, byTenant],
  [schema.chainLabelMoves, byTenant],
  [schema.chainLabels, byTenant],
  [schema.chainVersions, byTenant],
  [schema.chains, byTenant],
  [schema.promotionApprovals, { by: ["promotion_id"], bucket: bucketInId }],
  [schema.promotions, byPrompt],
  [schema.labelProtections, byPrompt],
  [schema.labelMoves, byPrompt],
  [schema.promptTags, byPrompt],
  [schema.promptLabels, byPrompt],
  [schema.promptVersions, byPrompt],
  [schema.prompts, byPrompt],
  [schema.feedbackScores, { ...byPrompt, by: ["tenant_id", "prompt_name"] }],
  [schema.executions, { by: ["tenant_id", "id"], bucket: (tenant, id) => bucketOf(`${tenant}/${id}`) }],
  [schema.auditEntries, { by: ["id"], bucket: bucketInId }],
  [schema.promptAliases, byTenant],
  [schema.webhookDeliveries, byTenant],
  [schema.webhooks, byTenant],
  [schema.tenantTelemetry, byTenant],
  [schema.tenantPrices, byTenant],
  [schema.upstreams, byTenant],
  [schema.providerKeys, byTenant],
  [schema.apiKeys, byTenant],
  [schema.experimentHeads, byTenant, "derived"],
  [schema.anomalyWatches, byTenant, "derived"],
  [schema.tenantBacklogs, byTenant, "derived"],
  [schema.tenants, { by: ["id"], bucket: bucketOf }, "derived"],
];

/** The tables of {@link OWNED}, as statements need them. */
export const OWNED_TABLES: readonly OwnedTable[] = OWNED.map(([table, ownership, derived]) => {
  const { name, primaryKeys, columns } = getTableConfig(table);
  const single = columns.filter(({ primary }) => primary).map((column) => column.name);
  const composed = primaryKeys.flatMap((key) => key.columns.map((column) => column.name));
  return {
    ...ownership,
    name,
    key: [...single, ...composed],
    columns: Object.values(getTableColumns(table)).map((column) => column.name),
    isDerived: derived === "derived",
  };
});

/** Tables of the shard itself, which stay where they are. */
export const TABLES_OF_SHARDS: readonly string[] = [
  schema.bucketGuards,
  schema.foreignTenants,
  schema.shardChanges,
  schema.shardFences,
  schema.shardMoves,
].map((table) => getTableConfig(table).name);

/** The tenant whose sweeps must leave a row as it is; undefined for rows that belong to prompts. */
export function tenantOf(table: OwnedTable, owner: StoredRow): string | undefined {
  const [first] = table.by;
  return table.bucket === bucketOf && first !== undefined ? String(owner[first]) : undefined;
}

/** The bucket of a row, by the columns that name its owner. */
export function bucketOfOwner(table: OwnedTable, owner: StoredRow): number {
  return table.bucket(...table.by.map((column) => String(owner[column])));
}
