import { env } from "cloudflare:workers";
import { batchStorage, bindBatches } from "../../src/deps/batches.ts";
import { bindWebhooks, webhookStorage } from "../../src/deps/webhooks.ts";
import type { BatchMode } from "../../src/domain/batches/batch.ts";
import { type AppError, notFound } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { newId } from "../../src/domain/id.ts";
import type { BatchWakeUp, QueueName } from "../../src/domain/batches/wake-up.ts";
import type { VersionRow } from "../../src/storage/prompts/prompts.ts";
import { type ExecutionRequest, NO_PROMPT_NAME } from "../../src/domain/executions/execution-options.ts";
import type { TraceContext } from "../../src/domain/trace-context.ts";
import { ExecutionFailed, type Served } from "../../src/services/executions/execute-result.ts";
import { createRouteModel } from "../../src/services/completions/route-model.ts";
import type { WebhookDeps } from "../../src/services/webhooks/webhook-deps.ts";
import { createVault } from "../../src/services/tenants/vault.ts";
import { ProviderBatchStore } from "../../src/storage/batches/provider-batches.ts";
import { ExecutionRepository } from "../../src/storage/executions/executions.ts";
import { createShards } from "../../src/storage/shards.ts";
import { importPrompt } from "../../src/domain/prompts/import/import-prompt.ts";

/** What one execution of a test costs, nano-dollars. */
export const COST = 1_000;
const LEASE_MS = 30_000;
const WAKE_AFTER_MS = 300_000;
/** How long a batch of a test stays stored after its end, ms. */
export const KEPT_MS = 30 * 86_400_000;
const SERVED: Served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] };
const { definition } = importPrompt("name: t\ntemplate: Say {{ n }}.\nvariables: {n: {type: number}}\n", "yaml", "t");
const PROMPT = { name: "t", version: 3, definition } as VersionRow;

/** A wake-up in a queue. */
interface Sent {
  /** The queue: a lane's, or that of webhooks. */
  lane: QueueName;
  wakeUp: BatchWakeUp;
  delaySeconds: number;
}

/**
 * The services of batches over the real shards, with a clock, queues, an executor and a network
 * that the test controls.
 */
export function openBatchWorld(options: { itemsAtOnce?: number; mostOpenBytes?: number } = {}) {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const ledgerOf = (tenantId: string, share: number) => env.LEDGER.getByName(`${tenantId}/${share}`);
  const executions = new ExecutionRepository({ shards, ledgerOf });
  const vault = createVault(env.KEY_ENCRYPTION_KEY);
  const world = {
    now: 1_795_000_000_000,
    tenant: newId("ten", 1_795_000_000_000),
    /** Wake-ups that were sent and are not delivered yet. */
    sent: [] as Sent[],
    /** Every call of the executor, in order. */
    calls: [] as ExecutionRequest[],
    /** Runs before the executor answers; an error that it returns fails the execution. */
    before: async (_request: ExecutionRequest): Promise<AppError | undefined> => undefined,
    /** Answers the requests that are sent to the network. */
    receive: async (_request: Request): Promise<Response> => new Response(),
    /** Number of executions in each write. */
    writes: [] as number[],
    /** Runs before each write; if it throws, the write fails. */
    refuse: async (_rows: readonly Execution[]): Promise<void> => undefined,
    errors: [] as string[],
    /** The callbacks that renew leases. */
    beats: new Set<() => void>(),
    /** True while the queues take no messages. */
    unsendable: false,
  };
  const wrapped = vault.newDataKey(world.tenant);
  const queue = (name: QueueName) => ({
    async sendBatch(messages: Array<{ body: BatchWakeUp; delaySeconds: number }>) {
      if (world.unsendable) throw new Error("the queue is down");
      // Files of this project share their databases, and a sweep finds work of them all.
      const mine = messages.filter(({ body }) => body.tenant_id === world.tenant);
      world.sent.push(...mine.map(({ body, delaySeconds }) => ({ lane: name, wakeUp: body, delaySeconds })));
    },
  });
  const storage = batchStorage(shards);
  const tenants: WebhookDeps["tenants"] = {
    find: async (id) => ({ id, name: "acme", wrapped_data_key: await wrapped, created_at: world.now, epoch: 0 }),
  };
  const net: Pick<WebhookDeps, "now" | "fetch"> = {
    now: () => world.now,
    fetch: async (url, init) => world.receive(new Request(url, init)),
  };
  const hooks = bindWebhooks({
    ...net,
    ...webhookStorage(shards),
    tenants,
    vault,
    webhookOrigins: ["http://127.0.0.1:9"],
    async wake(deliveries) {
      const body = { type: "webhook" as const, tenant_id: world.tenant, batch_id: "" };
      await queue("webhooks").sendBatch(
        deliveries
          // Files of this project share their databases.
          .filter(({ tenant_id }) => tenant_id === world.tenant)
          .map((delivery) => ({ body: { ...body, delivery }, delaySeconds: 0 })),
      );
    },
    onError: (event, _webhook, error) => world.errors.push(`${event}: ${String(error)}`),
  });
  const services = bindBatches({
    ...storage,
    ...net,
    publishEvent: hooks.publishEvent,
    deliverEvent: hooks.deliverEvent,
    checkAnomalies: async () => undefined,
    random: () => 0.5,
    newToken: () => crypto.randomUUID(),
    executions,
    vault,
    keys: { begin: async () => Promise.reject(new Error("no test here uses an idempotency key")) },
    tenants,
    resolve: async (_tenant, { name }) => {
      if (name === NO_PROMPT_NAME) throw notFound("prompt");
      const pointer = { latest_version: 3, labels: {}, cache_epoch: 0 };
      return { row: PROMPT, label: null, pointer, pointer_age_ms: 0, degraded: [] };
    },
    route: createRouteModel({
      keysFor: async () => [{ name: "a key" }],
      pricesOf: async () => ({}),
      upstreamsOf: async () => [],
      quality: () => undefined,
    }),
    execute: {
      async run(request, _timings, { record = async (row: Execution) => executions.record(row) } = {}) {
        world.calls.push(request);
        const error = await world.before(request);
        const execution = executionOf(request, world.now, error);
        await record(execution);
        if (error) throw new ExecutionFailed(error, execution);
        return { execution, served: SERVED };
      },
    },
    async recordAll(rows) {
      await world.refuse(rows);
      world.writes.push(rows.length);
      await executions.recordAll(rows);
    },
    queues: { high: queue("high"), standard: queue("standard"), batch: queue("batch"), webhooks: queue("webhooks") },
    checkKey: async () => Promise.reject(new Error("no test here checks a key")),
    resumeTestRun: async () => Promise.reject(new Error("no test here runs tests")),
    resumeExperiment: async () => Promise.reject(new Error("no test here runs tests")),
    resumeChainRun: async () => Promise.reject(new Error("no test here runs chains")),
    sleep: async (ms) => {
      world.now += ms;
    },
    every(_ms, work) {
      world.beats.add(work);
      return () => world.beats.delete(work);
    },
    onError: (event, _id, error) => world.errors.push(`${event}: ${String(error)}`),
    settings: {
      leaseMs: LEASE_MS,
      wakeAfterMs: WAKE_AFTER_MS,
      itemsAtOnce: options.itemsAtOnce ?? 6,
      webhookOrigins: ["http://127.0.0.1:9"],
      maxItemBytes: 100_000,
      keptMs: KEPT_MS,
      mostOpenBytes: options.mostOpenBytes ?? 1e9,
    },
  });
  const store = new ProviderBatchStore(shards);
  return { world, services, hooks, executions, batches: storage.batches, store, ...actions(world, services) };
}

function actions(world: { tenant: string; now: number; sent: Sent[] }, services: ReturnType<typeof bindBatches>) {
  const options = {
    prompt: { name: "t" },
    parameters: {},
    cache_control: { no_store: false, no_cache: false, only_if_cached: false },
  };
  const header = { options, mode: "queue" as const };
  async function* texts(items: unknown[]) {
    for (const item of items) yield typeof item === "string" ? item : JSON.stringify(item);
  }
  async function deliver(wakeUps: ReadonlyArray<{ lane: QueueName; wakeUp: BatchWakeUp }>): Promise<void> {
    const invocation = services.startInvocation();
    await Promise.all(
      wakeUps.map(({ lane, wakeUp }) =>
        services.handleWakeUp(lane === "webhooks" ? "batch" : lane, wakeUp, invocation),
      ),
    );
  }
  return {
    deliver,
    /** Accepts a batch of these items. */
    accept: async (
      items: unknown[],
      { trace, ...more }: { max_cost_usd?: number; webhook?: string; mode?: BatchMode; trace?: TraceContext } = {},
    ) => {
      const { record, webhook_secret } = await services.acceptBatch({
        tenant_id: world.tenant,
        key_id: "key_x",
        items: texts(items),
        trace,
        header: { ...header, ...more },
      });
      return { id: record.id, secret: webhook_secret };
    },
    /** Delivers the queued wake-ups until the queues are empty, and lets every delay pass. */
    drain: async () => {
      for (let round = 0; world.sent.length > 0; round++) {
        if (round > 100) throw new Error("the queues never become empty");
        const due = world.sent.splice(0);
        world.now += Math.max(...due.map((message) => message.delaySeconds)) * 1000;
        await deliver(due);
      }
    },
    results: async (id: string) => {
      const read = [];
      for await (const result of await services.readBatchResults(world.tenant, id)) read.push(result);
      return read;
    },
    get: async (id: string) => services.readBatch(world.tenant, id),
  };
}

/** The record of an execution as the executor of {@link openBatchWorld} makes it. */
export function executionOf(request: ExecutionRequest, now: number, error: AppError | undefined): Execution {
  return {
    id: request.id ?? newId("exe", now),
    tenant_id: request.tenant_id,
    key_id: request.key_id,
    status: error ? "failed" : "succeeded",
    prompt_name: "t",
    prompt_version: 3,
    prompt_label: null,
    provider: "openai",
    model: "gpt-4o-mini",
    output: error ? null : `said ${String(request.variables["n"])}`,
    output_truncated: false,
    finish_reason: error ? null : "stop",
    prompt_tokens: 1,
    completion_tokens: 1,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: error ? 0 : COST,
    price_table: null,
    latency_ms: 1,
    attempts: 1,
    error: error ? { code: error.code, detail: error.detail } : null,
    end_user: null,
    metadata: null,
    created_at: now,
    cached: null,
    saved_nanousd: null,
  };
}

/** `count` items with different variables. */
export function items(count: number): Array<{ custom_id: string; variables: { n: number } }> {
  return Array.from({ length: count }, (_, n) => ({ custom_id: `c${n}`, variables: { n } }));
}

/** A promise that resolves when the test calls `open`. */
export function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}
