import type { Config } from "../config.ts";
import { MAX_PROVIDER_BATCH_SIZE } from "../domain/batches/provider-batch.ts";
import type { Providers } from "../providers/create-providers.ts";
import { type BatchServices, type BatchServicesDeps, createBatchServices } from "../services/batches/batch-services.ts";
import type { ProviderKeys } from "../services/tenants/provider-keys.ts";
import { createProviderBatches, type ProviderBatches } from "../services/batches/provider-batches.ts";
import type { RecordUsage } from "../services/usage/record-usage.ts";
import { createSendWakeUps } from "../services/batches/wake-ups.ts";
import { createProviderBatchStore } from "../storage/batches/provider-batches.ts";
import { clock, every, report, sleep } from "./runtime.ts";

/** What batches are built over. */
export interface BatchParts extends Pick<
  BatchServicesDeps,
  "shards" | "tenants" | "executions" | "vault" | "keys" | "resolve" | "route" | "execute" | "checkKey"
> {
  providers: Providers["batch"];
  keysFor: ProviderKeys["keysFor"];
  record: RecordUsage;
}

/**
 * Both kinds of batches: those that the queues' consumers work through, and those that a provider
 * does.
 */
export function buildBatches(
  env: Env,
  config: Config,
  parts: BatchParts,
): BatchServices & { providerBatches: ProviderBatches } {
  const { record } = parts;
  const queues = { high: env.HIGH_QUEUE, standard: env.STANDARD_QUEUE, batch: env.BATCH_QUEUE };
  return {
    ...createBatchServices({
      ...clock,
      ...parts,
      random: Math.random,
      queues,
      recordAll: record.all,
      // What the queue may have of such a batch is what its provider did not execute; all else is
      // the clock's.
      provider: () => ({ run: async () => "queue" }),
      fetch: async (url, init) => fetch(url, init),
      sleep,
      every,
      onError: (event, batch_id, error) => report(event, error, { batch_id }),
      settings: config.batch,
      maxItemBytes: config.maxBodyBytes,
    }),
    providerBatches: createProviderBatches({
      ...clock,
      ...parts,
      random: Math.random,
      store: createProviderBatchStore(parts.shards),
      maxSize: MAX_PROVIDER_BATCH_SIZE,
      record: async (execution) => record.now(execution),
      onEnded: async (tenant_id, batch_id) =>
        createSendWakeUps(queues)("batch", [{ type: "webhook", tenant_id, batch_id }]),
      onError: (provider_batch_id, error) => report("provider_batch_fault", error, { provider_batch_id }),
    }),
  };
}
