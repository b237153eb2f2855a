import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { BatchProvider } from "../../../src/providers/batch-provider.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import { fromBase64, toBase64 } from "../../../src/lib/encoding.ts";
import type { ProviderBatchDeps } from "../../../src/services/batches/provider-batch-work.ts";
import { sendWakeUps } from "../../../src/services/batches/wake-ups.ts";
import type { ExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import { AsyncExecutionRepository } from "../../../src/storage/batches/async-executions.ts";
import { BatchRepository } from "../../../src/storage/batches/batches.ts";
import { BatchClaims } from "../../../src/storage/batches/claims.ts";
import { GroupLine } from "../../../src/storage/batches/group-line.ts";
import { ProviderBatchStore } from "../../../src/storage/batches/provider-batches.ts";
import { BatchWebhookRepository } from "../../../src/storage/batches/webhooks.ts";
import type { Shards } from "../../../src/storage/shards.ts";
import type { Life } from "./life.ts";
import type { Ground } from "./network.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

/** What surrounds the batches of an isolate. */
export interface BatchSurroundings {
  shards: Shards;
  queues: BatchDeps["queues"];
  receiver: WebhookReceiver;
  providers: Record<BuiltInProvider, BatchProvider>;
  /**
   * Hears that an execution of an item begins in an invocation, which has this number of places.
   * Returns the life of the run, and what to call at its end.
   */
  beginRun(executionId: string, invocation: Life | undefined, places: number): { life: Life; end: () => void };
}

/** What an isolate has for its batches already. */
type Parts = Pick<BatchDeps, "now" | "random" | "sleep" | "executions" | "keys" | "resolve" | "route" | "recordAll"> & {
  execute: ExecutePrompt;
  onFault(event: string, error: unknown, ids: Record<string, string>): void;
};

/** The settings of the deployment, as in wrangler.toml. */
const SETTINGS = {
  leaseMs: 30_000,
  wakeAfterMs: 300_000,
  itemsAtOnce: 6,
  webhookOrigins: [],
  maxItemBytes: 1_048_576,
  keptMs: 30 * 86_400_000,
  mostOpenBytes: 1_000_000_000,
};

/** The batches of an isolate: the real services and storage in its place. */
export function createBatchDeps(ground: Ground, batches: BatchSurroundings, parts: Parts): BatchDeps {
  const { clock } = ground;
  const { shards, queues, receiver } = batches;
  let tokens = 0;
  return {
    ...parts,
    newToken: () => `${clock.life()?.name}/${(tokens += 1)}`,
    every: (ms, work) => {
      const timer = setInterval(work, ms);
      return () => clearInterval(timer);
    },
    fetch: async (url, init) => receiver.post(url, init),
    queues,
    asyncExecutions: new AsyncExecutionRepository(shards),
    batches: new BatchRepository(shards),
    claims: new BatchClaims(shards),
    // A world of more than a day would be judged without what was deleted after one.
    deletions: { deleteEnded: async () => 0, deleteProviderBatches: async () => undefined },
    line: new GroupLine(shards),
    webhooks: new BatchWebhookRepository(shards),
    tenants: { find: async (id) => ({ id, name: id, wrapped_data_key: "", created_at: 0, epoch: 0 }) },
    vault: {
      newDataKey: async () => "",
      seal: async (_key, _tenant, _place, secret) => secret,
      open: async (_key, _tenant, _place, sealed) => sealed,
      sealBytes: async (_key, _tenant, _place, bytes) => toBase64(bytes),
      openBytes: async (_key, _tenant, _place, sealed) => fromBase64(sealed),
    },
    execute: {
      // Each execution has a life of its own, so that its calls are known by it.
      run: async (request, timings, owner) => {
        const { life, end } = batches.beginRun(request.id ?? "", clock.life(), SETTINGS.itemsAtOnce);
        return clock.within(life, async () => parts.execute.run(request, timings, owner)).finally(end);
      },
    },
    publishEvent: async () => undefined,
    deliverEvent: async () => undefined,
    checkAnomalies: async () => undefined,
    checkKey: async () => Promise.reject(new Error("no gate asks for a check here")),
    resumeTestRun: async () => Promise.reject(new Error("nobody here runs tests")),
    resumeExperiment: async () => Promise.reject(new Error("nobody here runs tests")),
    resumeChainRun: async () => Promise.reject(new Error("nobody here runs chains")),
    onError: (event, batch_id, error) => parts.onFault(event, error, { batch_id }),
    settings: SETTINGS,
  };
}

/** What an isolate has for the providers' own batches beside that. */
type ProviderParts = Pick<ProviderBatchDeps, "keysFor" | "record" | "budgets">;

/** Characters of one submission: so few that some batches are split. */
const MAX_SIZE = 8_000;

/** The providers' own batches of an isolate. */
export function createProviderBatchDeps(
  batches: BatchSurroundings,
  deps: BatchDeps,
  parts: ProviderParts,
): ProviderBatchDeps {
  const { resolve, route } = deps;
  const { shards, providers, queues } = batches;
  return {
    ...parts,
    now: () => deps.now(),
    random: () => deps.random(),
    observe: () => undefined,
    keepsContent: () => false,
    resolve,
    route,
    providers,
    store: new ProviderBatchStore(shards),
    pricesOf: async () => ({}),
    maxSize: MAX_SIZE,
    onEnded: async (tenant_id, batch_id) =>
      sendWakeUps({ queues }, "webhooks", [{ type: "webhook", tenant_id, batch_id }]),
    onError: (id, error) => deps.onError("provider_batch_fault", id, error),
  };
}
