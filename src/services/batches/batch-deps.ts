import type { BatchWakeUp, ChainWakeUp, QueueName, TestsWakeUp } from "../../domain/batches/wake-up.ts";
import type { EventDelivery } from "../../domain/webhooks/event-delivery.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AsyncExecutionRepository } from "../../storage/batches/async-executions.ts";
import type { BatchRepository } from "../../storage/batches/batches.ts";
import type { BatchClaims } from "../../storage/batches/claims.ts";
import type { BatchDeletions } from "../../storage/batches/deletions.ts";
import type { GroupLine } from "../../storage/batches/group-line.ts";
import type { BatchWebhookRepository } from "../../storage/batches/webhooks.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { RouteModel } from "../completions/route-model.ts";
import type { ExecutePrompt } from "../executions/execute-prompt.ts";
import type { IdempotencyKeys } from "../executions/idempotency-keys.ts";
import type { CheckKey } from "../gate/check-key.ts";
import type { ResolvePrompt } from "../prompts/resolve-prompt.ts";
import type { Vault } from "../tenants/vault.ts";
import type { PublishEvent } from "../webhooks/publish-event.ts";
import type { RecordUsage } from "../usage/record-usage.ts";

/**
 * What the use cases of batches and asynchronous executions share. The composition root fills it
 * once, and each use case takes it as its first argument. Times in milliseconds, sizes in bytes.
 */
export interface BatchDeps extends Clock {
  /** A random number in [0, 1). */
  random(): number;
  /** A token that identifies one lease, unique for ever. */
  newToken(): string;
  sleep(ms: number): Promise<void>;
  /** Calls `work` every `ms` milliseconds. Returns a function that stops it. */
  every(ms: number, work: () => void): () => void;
  fetch(url: string, init: RequestInit): Promise<Response>;
  queues: Record<QueueName, WakeUpQueue>;
  batches: BatchRepository;
  asyncExecutions: AsyncExecutionRepository;
  claims: BatchClaims;
  deletions: Pick<BatchDeletions, "deleteEnded" | "deleteProviderBatches">;
  line: GroupLine;
  webhooks: BatchWebhookRepository;
  executions: Pick<ExecutionRepository, "find" | "findAll">;
  tenants: Pick<TenantRepository, "find">;
  vault: Vault;
  keys: IdempotencyKeys;
  resolve: ResolvePrompt;
  route: RouteModel;
  execute: Pick<ExecutePrompt, "run">;
  recordAll: RecordUsage["all"];
  checkKey: CheckKey;
  /** Goes on with a test run. */
  resumeTestRun(wakeUp: TestsWakeUp): Promise<void>;
  /** Goes on with a comparison or an optimisation. */
  resumeExperiment(wakeUp: TestsWakeUp): Promise<void>;
  /** Goes on with a run of a chain. */
  resumeChainRun(wakeUp: ChainWakeUp): Promise<void>;
  publishEvent: PublishEvent;
  /** Sends an event to a tenant's webhook. */
  deliverEvent(delivery: EventDelivery): Promise<void>;
  /** Tells a tenant's webhooks of anomalies. */
  checkAnomalies(tenantId: string): Promise<void>;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, batchId: string, error: unknown): void;
  settings: BatchRunSettings;
}

/** The deployment's settings for batches. Times in milliseconds, sizes in bytes. */
export interface BatchRunSettings {
  /** How long an item's lease lasts; it is renewed while its consumer lives. */
  leaseMs: number;
  /** The sweep sends a wake-up again after this time without a sign of life. */
  wakeAfterMs: number;
  /** Items that one queue invocation executes at a time. */
  itemsAtOnce: number;
  /** Origins that a webhook may have although they are neither https nor public. */
  webhookOrigins: readonly string[];
  maxItemBytes: number;
  /** How long a batch stays stored after its end. */
  keptMs: number;
  /** What a tenant may have accepted that has not ended. */
  mostOpenBytes: number;
}

/** The part of a lane's queue that sends wake-ups. */
export interface WakeUpQueue {
  sendBatch(messages: Array<{ body: BatchWakeUp; delaySeconds: number }>): Promise<unknown>;
}
