import type { Lane } from "../../domain/lane.ts";
import { type BatchClaims, createBatchClaims } from "../../storage/batches/claims.ts";
import { type BatchRepository, createBatchRepository } from "../../storage/batches/batches.ts";
import { createBatchWebhookRepository } from "../../storage/batches/webhooks.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { Shards } from "../../storage/shards.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import { type AcceptBatch, createAcceptBatch } from "./accept-batch.ts";
import { createBoundCost } from "./bound-cost.ts";
import { type AcceptOnce, createAcceptOnce } from "./accept-once.ts";
import type { CheckKey } from "../gate/check-key.ts";
import type { IdempotencyKeys } from "../executions/idempotency-keys.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import { createHandleWakeUps, type HandleWakeUps } from "./handle-wake-ups.ts";
import { createReadBatch, type ReadBatch } from "./read-batch.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { RouteModel } from "../completions/route-model.ts";
import { createRunBatchGroup, type ProviderBatchRunner } from "./run-batch-group.ts";
import { createRunBatchItem } from "./run-batch-item.ts";
import type { Vault } from "../tenants/vault.ts";
import { createSendWakeUps, type WakeUpQueue } from "./wake-ups.ts";
import { createWebhooks } from "./webhooks.ts";

/** What routes, queues and the clock call of batches and asynchronous executions. */
export interface BatchServices {
  acceptBatch: AcceptBatch;
  acceptOnce: AcceptOnce;
  readBatch: ReadBatch;
  handleWakeUps: HandleWakeUps;
}

/** What a runner of providers' batches works with. */
export interface ProviderBatchParts {
  batches: BatchRepository;
  claims: BatchClaims;
}

/** What {@link createBatchServices} builds from. `random` in [0, 1); times in milliseconds, sizes in bytes. */
export interface BatchServicesDeps extends Clock {
  random(): number;
  shards: Shards;
  tenants: Pick<TenantRepository, "find">;
  executions: Pick<ExecutionRepository, "find" | "findAll">;
  vault: Vault;
  keys: IdempotencyKeys;
  resolve: ResolvePrompt;
  route: RouteModel;
  execute: Pick<ExecutePrompt, "run">;
  /** What a lane's queue carries beside batches. */
  checkKey: CheckKey;
  recordAll: RecordUsage["all"];
  queues: Record<Lane, WakeUpQueue>;
  /** Builds who runs groups in the providers' own batches; null where nobody does. */
  provider: ((parts: ProviderBatchParts) => ProviderBatchRunner) | null;
  fetch(url: string, init: RequestInit): Promise<Response>;
  sleep(ms: number): Promise<void>;
  every(ms: number, work: () => void): () => void;
  /** Told what went wrong in the background, of which batch. */
  onError(event: string, batchId: string, error: unknown): void;
  settings: { leaseMs: number; wakeAfterMs: number; itemsAtOnce: number; webhookOrigins: string[] };
  maxItemBytes: number;
}

/** The services of batches over their rows. */
export function createBatchServices(deps: BatchServicesDeps): BatchServices {
  const { shards, settings, executions, resolve } = deps;
  const batches = createBatchRepository(shards);
  const claims = createBatchClaims(shards);
  const rows = createBatchWebhookRepository(shards);
  const send = createSendWakeUps(deps.queues);
  const onUnsent = (id: string, error: unknown) => deps.onError("wake_up_unsent", id, error);
  const webhooks = createWebhooks({
    ...deps,
    rows,
    batches,
    allowedOrigins: settings.webhookOrigins,
    onFailure: (id, attempt, reason) => deps.onError("webhook_failed", id, new Error(`attempt ${attempt}: ${reason}`)),
  });
  const boundCost = createBoundCost(resolve, deps.route);
  const runGroup = createRunBatchGroup({
    ...deps,
    batches,
    claims,
    runItem: createRunBatchItem({ ...deps, claims, executions, boundCost }),
    provider: deps.provider?.({ batches, claims }) ?? null,
    newToken: () => crypto.randomUUID(),
    leaseMs: settings.leaseMs,
    onError: (id, error) => deps.onError("lease_not_renewed", id, error),
  });
  const acceptBatch = createAcceptBatch({
    ...deps,
    ...settings,
    batches,
    webhooks,
    send,
    onUnsent,
    providerMode: deps.provider !== null,
  });
  return {
    acceptBatch,
    acceptOnce: createAcceptOnce({ ...deps, accept: acceptBatch, batches }),
    readBatch: createReadBatch({
      ...deps,
      ...settings,
      batches,
      lookUp: async (...of) => executions.findAll(...of),
      send,
      sendWebhook: (tenant_id, batch_id) => send("batch", [{ type: "webhook", tenant_id, batch_id }]),
      onUnsent,
    }),
    handleWakeUps: createHandleWakeUps({ ...deps, ...settings, runGroup, webhooks, claims, rows, send }),
  };
}
