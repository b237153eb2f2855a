import type { Config } from "../config.ts";
import { MAX_PROVIDER_BATCH_SIZE } from "../domain/batches/provider-batch.ts";
import type { Providers } from "../providers/create-providers.ts";
import { acceptBatch } from "../services/batches/accept-batch.ts";
import { acceptExecution } from "../services/batches/accept-execution.ts";
import { acceptBatchOnce, type AcceptOnceDeps, acceptExecutionOnce } from "../services/batches/accept-once.ts";
import {
  cancelBackgroundResponse,
  readBackgroundInput,
  readBackgroundResponse,
} from "../services/batches/background-responses.ts";
import type { BatchDeps } from "../services/batches/batch-deps.ts";
import { cancelBatch, redriveBatch } from "../services/batches/change-batch.ts";
import { handleWakeUp, startInvocation } from "../services/batches/handle-wake-up.ts";
import type { ProviderBatchBudgets, ProviderBatchDeps } from "../services/batches/provider-batch-work.ts";
import {
  findAsyncExecution,
  followBatch,
  listBatches,
  readBatch,
  readBatchResults,
} from "../services/batches/read-batch.ts";
import { sweepBatches } from "../services/batches/sweep-batches.ts";
import { tickProviderBatches } from "../services/batches/tick-provider-batches.ts";
import { sendWakeUps } from "../services/batches/wake-ups.ts";
import type { ProviderKeys } from "../services/tenants/provider-keys.ts";
import type { TenantPrices } from "../services/tenants/tenant-prices.ts";
import type { RecordUsage } from "../services/usage/record-usage.ts";
import { AsyncExecutionRepository } from "../storage/batches/async-executions.ts";
import { BatchRepository } from "../storage/batches/batches.ts";
import { BatchClaims } from "../storage/batches/claims.ts";
import { BatchDeletions } from "../storage/batches/deletions.ts";
import { GroupLine } from "../storage/batches/group-line.ts";
import { ProviderBatchStore } from "../storage/batches/provider-batches.ts";
import { BatchWebhookRepository } from "../storage/batches/webhooks.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, every, publicFetch, report, sleep } from "./runtime.ts";

/** The services that batches are built over. */
export interface BatchParts extends Pick<
  BatchDeps,
  | "tenants"
  | "executions"
  | "vault"
  | "keys"
  | "resolve"
  | "route"
  | "execute"
  | "checkKey"
  | "resumeTestRun"
  | "resumeExperiment"
  | "resumeChainRun"
  | "publishEvent"
  | "deliverEvent"
  | "checkAnomalies"
> {
  shards: Shards;
  providers: Providers["batch"];
  keysFor: ProviderKeys["keysFor"];
  pricesOf: TenantPrices["pricesOf"];
  record: RecordUsage;
  budgets: ProviderBatchBudgets;
  /** Is told of the executions of provider batches. */
  observe: ProviderBatchDeps["observe"];
  keepsContent: ProviderBatchDeps["keepsContent"];
}

/** What routes, queues and the cron trigger call for batches and asynchronous executions. */
export type BatchServices = ReturnType<typeof buildBatches>;

/** Builds the services of batches, of both modes, from the bindings. */
export function buildBatches(env: Env, config: Config, parts: BatchParts) {
  const { HIGH_QUEUE: high, STANDARD_QUEUE: standard, BATCH_QUEUE: batch, WEBHOOK_QUEUE: webhooks } = env;
  const queues = { high, standard, batch, webhooks };
  const common = { ...clock, ...parts, random: () => Math.random() };
  const deps: BatchDeps = {
    ...common,
    ...batchStorage(parts.shards),
    queues,
    recordAll: parts.record.all,
    newToken: () => crypto.randomUUID(),
    fetch: publicFetch(config.batch.webhookOrigins),
    sleep,
    every,
    onError: (event, batch_id, error) => report(event, error, { batch_id }),
    settings: { ...config.batch, maxItemBytes: config.maxBodyBytes },
  };
  const providerDeps: ProviderBatchDeps = {
    ...common,
    store: new ProviderBatchStore(parts.shards),
    maxSize: MAX_PROVIDER_BATCH_SIZE,
    record: parts.record.now,
    onEnded: async (tenant_id, batch_id) =>
      sendWakeUps({ queues }, "webhooks", [{ type: "webhook", tenant_id, batch_id }]),
    onError: (provider_batch_id, error) => report("provider_batch_fault", error, { provider_batch_id }),
  };
  return { ...bindBatches(deps), tickProviderBatches: bind(tickProviderBatches, providerDeps) };
}

type StorageOfBatches = Pick<BatchDeps, "asyncExecutions" | "batches" | "claims" | "deletions" | "line" | "webhooks">;

/** The storage of batches over the shards. */
export function batchStorage(shards: Shards): StorageOfBatches {
  return {
    asyncExecutions: new AsyncExecutionRepository(shards),
    batches: new BatchRepository(shards),
    claims: new BatchClaims(shards),
    deletions: new BatchDeletions(shards),
    line: new GroupLine(shards),
    webhooks: new BatchWebhookRepository(shards),
  };
}

/** Binds the use cases of batches to what they work with. */
export function bindBatches(deps: BatchDeps) {
  const accept = { acceptBatch: bind(acceptBatch, deps), acceptExecution: bind(acceptExecution, deps) };
  const onceDeps: AcceptOnceDeps = { ...deps, ...accept };
  return {
    ...accept,
    acceptBatchOnce: bind(acceptBatchOnce, onceDeps),
    acceptExecutionOnce: bind(acceptExecutionOnce, onceDeps),
    readBatch: bind(readBatch, deps),
    listBatches: bind(listBatches, deps),
    readBatchResults: bind(readBatchResults, deps),
    followBatch: bind(followBatch, deps),
    findAsyncExecution: bind(findAsyncExecution, deps),
    readBackgroundResponse: bind(readBackgroundResponse, deps),
    readBackgroundInput: bind(readBackgroundInput, deps),
    cancelBackgroundResponse: bind(cancelBackgroundResponse, deps),
    cancelBatch: bind(cancelBatch, deps),
    redriveBatch: bind(redriveBatch, deps),
    startInvocation: bind(startInvocation, deps),
    handleWakeUp: bind(handleWakeUp, deps),
    sweepBatches: bind(sweepBatches, deps),
  };
}
