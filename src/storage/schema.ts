import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Billing } from "../domain/completions/billing.ts";
import { type FinishReason, PROVIDERS } from "../domain/completions/completion.ts";
import type { KeyScope } from "../domain/tenants/api-key.ts";
import { BATCH_PHASES } from "../domain/batches/batch.ts";
import type { BatchRequest } from "../domain/batches/batch-record.ts";
import { CACHED_FROM, EXECUTION_STATUSES, type ExecutionError } from "../domain/executions/execution.ts";
import { LANES } from "../domain/lane.ts";
import type { PromptDefinition } from "../domain/prompts/prompt.ts";
import type { RoutingDecision } from "../domain/completions/routing.ts";
import { labelTable, versionTable } from "./version-tables.ts";
export { anomalyWatches } from "./anomaly-table.ts";
export { auditEntries } from "./audit-table.ts";
export { chainItems, chainLabelMoves, chainLabels, chainRuns, chains, chainVersions } from "./chain-tables.ts";
export { batchGroups } from "./batch-groups-table.ts";
export { feedbackScores } from "./feedback-table.ts";
export { tenantBacklogs } from "./tenant-backlogs-table.ts";
export { labelMoves, labelProtections, promotionApprovals, promotions } from "./promotion-tables.ts";
export { providerKeys, tenantPrices, upstreams } from "./provider-tables.ts";
export { tenantTelemetry } from "./telemetry-table.ts";
export { bucketGuards, foreignTenants, shardChanges, shardFences, shardMoves } from "./resharding-tables.ts";
export { experimentHeads } from "./experiment-heads-table.ts";
export { experimentResults, experiments, testResults, testRuns } from "./run-tables.ts";
export { testInputs, testRunHeads } from "./test-run-tables.ts";
export { webhookDeliveries, webhooks } from "./webhook-tables.ts";

// Times are Unix ms. Money is in nano-dollars (1e-9 USD).

/**
 * Tenants, on the shard of their id. `wrapped_data_key` is base64 of the encrypted AES key.
 * Triggers raise `epoch` with each change of what a tenant's record holds: provider keys,
 * upstreams, prices, the budgets of API keys and where traces go. Epochs are Unix ms, so that none
 * is used again after a database was restored.
 */
export const tenants = sqliteTable("tenants", {
  id: text().primaryKey(),
  name: text().notNull(),
  wrapped_data_key: text().notNull(),
  created_at: integer().notNull(),
  epoch: integer().notNull().default(0),
});

/**
 * API keys, on the shard of their tenant, whose bucket the key's id carries. Digests are
 * HMAC-SHA-256 in hexadecimal. No secret is stored.
 */
export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    name: text().notNull(),
    scopes: text({ mode: "json" }).$type<KeyScope[]>().notNull(),
    digest: text().notNull(),
    previous_digest: text(),
    previous_expires_at: integer(),
    expires_at: integer(),
    revoked_at: integer(),
    daily_budget_usd: real(),
    monthly_budget_usd: real(),
    created_at: integer().notNull(),
  },
  (table) => [index("api_keys_by_tenant").on(table.tenant_id, table.id)],
);

/**
 * Prompts, on the shard of `tenant/name`. A deleted prompt keeps its row, so that no version number
 * is assigned twice. A purge of its answers raises `cache_epoch`.
 */
export const prompts = sqliteTable(
  "prompts",
  {
    tenant_id: text().notNull(),
    name: text().notNull(),
    latest_version: integer().notNull(),
    latest_hash: text().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
    deleted_at: integer(),
    cache_epoch: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.name] })],
);

/** Immutable versions of prompts. */
export const promptVersions = versionTable<PromptDefinition>("prompt_versions");

/** Labels of prompts. */
export const promptLabels = labelTable("prompt_labels");

/**
 * Other names of prompts, on the tenant's shard. Where both `version` and `label` are null, an
 * alias means what the prompt's name alone means. Its prompt may have been deleted since.
 */
export const promptAliases = sqliteTable(
  "prompt_aliases",
  {
    tenant_id: text().notNull(),
    alias: text().notNull(),
    prompt: text().notNull(),
    version: integer(),
    label: text(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.alias] })],
);

/** The tags of the newest version of each prompt. */
export const promptTags = sqliteTable(
  "prompt_tags",
  { tenant_id: text().notNull(), tag: text().notNull(), name: text().notNull() },
  (table) => [
    primaryKey({ columns: [table.tenant_id, table.tag, table.name] }),
    index("prompt_tags_by_name").on(table.tenant_id, table.name, table.tag),
  ],
);

/** Executions that ended, on the shard of `tenant/id`. A cost is null if the price is unknown. */
export const executions = sqliteTable(
  "executions",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    key_id: text().notNull(),
    status: text({ enum: EXECUTION_STATUSES }).notNull(),
    prompt_name: text().notNull(),
    prompt_version: integer().notNull(),
    prompt_label: text(),
    provider: text(),
    model: text(),
    output: text(),
    output_truncated: integer({ mode: "boolean" }).notNull().default(false),
    output_json: text({ mode: "json" }).$type<unknown>(),
    finish_reason: text().$type<FinishReason>(),
    prompt_tokens: integer().notNull(),
    completion_tokens: integer().notNull(),
    cached_tokens: integer().notNull().default(0),
    usage_estimated: integer({ mode: "boolean" }).notNull().default(false),
    cost_nanousd: integer(),
    price_table: text(),
    billing: text({ mode: "json" }).$type<Billing>(),
    latency_ms: integer().notNull(),
    attempts: integer().notNull(),
    error: text({ mode: "json" }).$type<ExecutionError>(),
    end_user: text(),
    metadata: text({ mode: "json" }).$type<Record<string, string | number | boolean>>(),
    routing: text({ mode: "json" }).$type<RoutingDecision>(),
    feedback_score: real(),
    feedback_comment: text(),
    created_at: integer().notNull(),
    cached: text({ enum: CACHED_FROM }),
    saved_nanousd: integer(),
  },
  (table) => [
    index("executions_by_tenant").on(table.tenant_id, sql`${table.id} desc`),
    index("executions_by_prompt").on(table.tenant_id, table.prompt_name, sql`${table.id} desc`),
  ],
);

/**
 * Accepted batches, and asynchronous executions as batches of one, on the shard of their tenant. A
 * batch in the state `uploading` cannot run yet, and one in `deleting` has lost items already. The
 * sums over items are in the groups only, so no second copy can disagree. `webhook_secret` is
 * ciphertext.
 */
export const batches = sqliteTable(
  "batches",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    key_id: text().notNull(),
    kind: text({ enum: ["batch", "execution"] }).notNull(),
    lane: text({ enum: LANES }).notNull(),
    mode: text({ enum: ["queue", "provider"] }).notNull(),
    state: text({ enum: ["uploading", "open", "cancelled", "deleting"] }).notNull(),
    request: text({ mode: "json" }).$type<BatchRequest>(),
    /** JSON of what a door tells of the request later; null without that. */
    asked: text(),
    max_cost_nanousd: integer(),
    webhook_url: text(),
    webhook_secret: text(),
    webhook_due_at: integer(),
    webhook_attempts: integer().notNull().default(0),
    created_at: integer().notNull(),
    ended_at: integer(),
    /** What it counts in its tenant's backlog until it has ended. */
    open_bytes: integer().notNull().default(0),
    /**
     * What lists look for. A trigger writes it as `state` and `ended_at` change. Null in what no
     * list shows: asynchronous executions, uploads, and what is being deleted.
     */
    phase: text({ enum: BATCH_PHASES }),
  },
  (table) => [
    index("batches_by_tenant")
      .on(table.tenant_id, table.id)
      .where(sql`kind = 'batch'`),
    index("batches_by_phase")
      .on(table.tenant_id, table.phase, table.id)
      .where(sql`kind = 'batch'`),
    index("batches_uploading")
      .on(table.created_at)
      .where(sql`state = 'uploading'`),
    index("batches_at_providers")
      .on(table.created_at)
      .where(sql`mode = 'provider' and ended_at is null`),
    index("batches_webhook_due")
      .on(table.webhook_due_at)
      .where(sql`webhook_due_at is not null`),
    index("batches_ended")
      .on(table.kind, table.ended_at)
      .where(sql`ended_at is not null and webhook_due_at is null`),
  ],
);

/**
 * The items of batches in the order of the upload. A copy of an earlier item has no group and no
 * variables: it ends as the item at position `same_as` does.
 */
export const batchItems = sqliteTable(
  "batch_items",
  {
    batch_id: text().notNull(),
    position: integer().notNull(),
    group_number: integer(),
    same_as: integer(),
    /** The number of items that this one stands for, including itself. */
    copies: integer().notNull().default(1),
    custom_id: text(),
    variables: text(),
    /** The id of the item's execution, assigned before the execution starts. */
    execution_id: text(),
    state: text({ enum: ["queued", "running", "succeeded", "failed", "cancelled"] }).notNull(),
    lease: text(),
    lease_until: integer(),
    not_before: integer().notNull().default(0),
    starts: integer().notNull().default(0),
    failures: integer().notNull().default(0),
    reserved_nanousd: integer().notNull().default(0),
    cost_nanousd: integer().notNull().default(0),
    error: text({ mode: "json" }).$type<ExecutionError>(),
  },
  (table) => [
    primaryKey({ columns: [table.batch_id, table.position] }),
    index("batch_items_by_group").on(table.batch_id, table.group_number, table.state),
    index("batch_items_running")
      .on(table.batch_id)
      .where(sql`state = 'running'`),
    index("batch_items_copies")
      .on(table.batch_id, table.same_as)
      .where(sql`same_as is not null`),
  ],
);

/** Batches at the providers, on the shard of their tenant. Written before the submission. */
export const providerBatches = sqliteTable(
  "provider_batches",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    batch_id: text().notNull(),
    provider: text({ enum: PROVIDERS }).notNull(),
    model: text().notNull(),
    key_name: text().notNull(),
    state: text({ enum: ["submitting", "running", "ended"] }).notNull(),
    provider_batch_id: text(),
    items: integer().notNull(),
    submits: integer().notNull().default(0),
    next_poll_at: integer().notNull(),
    submitted_at: integer(),
    cancel_sent_at: integer(),
    ended_at: integer(),
    error: text({ mode: "json" }).$type<ExecutionError>(),
    created_at: integer().notNull(),
  },
  (table) => [
    index("provider_batches_due")
      .on(table.next_poll_at)
      .where(sql`state <> 'ended'`),
    index("provider_batches_open")
      .on(table.batch_id)
      .where(sql`state <> 'ended'`),
    index("provider_batches_by_age").on(table.created_at),
  ],
);
