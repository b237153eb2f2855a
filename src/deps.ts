import { waitUntil } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { egressOrigins, readConfig, type Config, type OptionalSecrets } from "./config.ts";
import { createAnswerCache } from "./cache/answers.ts";
import { createEdgeTier } from "./cache/edge.ts";
import { createKvTier } from "./cache/kv.ts";
import { createMemoryTier } from "./cache/memory.ts";
import { createRecordCache, type Staleness } from "./cache/records.ts";
import { tolerant } from "./cache/tier.ts";
import type { ProviderName } from "./domain/completion.ts";
import { MAX_PROVIDER_BATCH_SIZE } from "./domain/provider-batch.ts";
import { createProviders } from "./providers/create-providers.ts";
import { createAdmit } from "./services/admit.ts";
import { type Authenticate, createAuthenticate } from "./services/authenticate.ts";
import { type BatchServices, createBatchServices } from "./services/batch-services.ts";
import { createComplete } from "./services/complete.ts";
import { createCallModel } from "./services/call-model.ts";
import { createIdempotencyKeys } from "./services/idempotency-keys.ts";
import { createExecuteOnce, type ExecuteOnce } from "./services/execute-once.ts";
import { createFlights, type Flights } from "./services/flights.ts";
import { createObtainAnswer } from "./services/obtain-answer.ts";
import { createExecutePrompt, type ExecutePrompt } from "./services/execute-prompt.ts";
import { createManageKeys, type ManageKeys } from "./services/manage-keys.ts";
import { createManageProviderKeys, type ManageProviderKeys } from "./services/manage-provider-keys.ts";
import { createProviderBatches, type ProviderBatches } from "./services/provider-batches.ts";
import { createPublishPrompt, type PublishPrompt } from "./services/publish-prompt.ts";
import { createReadExecutions, type ReadExecutions } from "./services/read-executions.ts";
import { createReadGate, type ReadGate } from "./services/read-gate.ts";
import { createQualityHistory } from "./services/quality-history.ts";
import { createRecordUsage } from "./services/record-usage.ts";
import { createResolvePrompt, type ResolvePrompt } from "./services/resolve-prompt.ts";
import { createRouteModel } from "./services/route-model.ts";
import { createThrottle, type Throttle } from "./services/throttle.ts";
import { createTokenBook } from "./services/token-book.ts";
import { createSendWakeUps } from "./services/wake-ups.ts";
import { createVault } from "./services/vault.ts";
import { createExecutionRepository, type ExecutionRepository } from "./storage/executions.ts";
import { createFeedbackRepository } from "./storage/feedback.ts";
import { createPromptRepository, type PromptRepository } from "./storage/prompts.ts";
import { createProviderBatchStore } from "./storage/provider-batches.ts";
import { createProviderKeyRepository } from "./storage/provider-keys.ts";
import { createShards, type Shards } from "./storage/shards.ts";
import { createTenantRepository } from "./storage/tenants.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Everything that the routes and the queue consumer call. */
export interface Services extends BatchServices {
  providerBatches: ProviderBatches;
  config: Config;
  shards: Shards;
  /** Asks each backend for something that is nothing; rejects where it does not answer. */
  probes: Record<string, () => Promise<unknown>>;
  prompts: PromptRepository;
  executions: ExecutionRepository;
  authenticate: Authenticate;
  throttle: Throttle;
  manageKeys: ManageKeys;
  manageProviderKeys: ManageProviderKeys;
  publishPrompt: PublishPrompt;
  resolvePrompt: ResolvePrompt;
  executePrompt: ExecutePrompt;
  executeOnce: ExecuteOnce;
  readGate: ReadGate;
  readExecutions: ReadExecutions;
}

const built = new WeakMap<Env, Services>();

/** The services of an isolate, built from its bindings on first use. The only reader of bindings. Throws where the configuration is not usable. */
export function servicesOf(env: Env): Services {
  const known = built.get(env);
  if (known) return known;
  const services = buildServices(env);
  built.set(env, services);
  return services;
}

function buildServices(env: Env & OptionalSecrets): Services {
  const config = readConfig(env);
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const clock = { now: () => Date.now() };
  const tenants = createTenantRepository(shards);
  const cache = buildCaches(env, config);
  const { records } = cache;
  const prompts = createPromptRepository(shards);
  const executions = createExecutionRepository(shards);
  const vault = createVault(config.keyEncryptionKey);
  const staleness = stalenessOf(config);
  const resolvePrompt = createResolvePrompt({ prompts, records, staleness: staleness.prompts });
  const manageProviderKeys = createManageProviderKeys({
    ...clock,
    tenants,
    vault,
    records,
    staleness: staleness.prompts,
    providerKeys: createProviderKeyRepository(shards),
    deploymentKeys: { openai: config.providers.openai.apiKeys, anthropic: config.providers.anthropic.apiKeys },
  });
  const keysFor: ManageProviderKeys["keysFor"] = async (...of) => manageProviderKeys.keysFor(...of);
  const record = createRecordUsage({
    executions,
    queue: env.USAGE_QUEUE,
    onDeferred: (id, error) => log("error", "usage_deferred", { execution_id: id, error: describeError(error) }),
    defer,
    sleep,
  });
  const providers = buildProviders(config);
  const gateOf = (tenantId: string, provider: ProviderName) => env.PROVIDER_GATE.getByName(`${tenantId}/${provider}`);
  const complete = createComplete({
    ...clock,
    sleep,
    random: Math.random,
    providers: providers.direct,
    keysFor,
    admit: createAdmit({ ...clock, sleep, defer, gateOf, newId: () => crypto.randomUUID(), onFault: reportGate }),
    tokens: createTokenBook(),
    times: { firstByteMs: config.firstByteTimeoutMs, readMs: config.readTimeoutMs },
  });
  const quality = createQualityHistory({
    ...clock,
    feedback: createFeedbackRepository(shards),
    background: defer,
    onError: (error) => log("error", "quality_unread", { error: describeError(error) }),
  });
  const { executionTimeoutMs } = config;
  const route = createRouteModel({ keysFor, quality });
  const queues = { high: env.HIGH_QUEUE, standard: env.STANDARD_QUEUE, batch: env.BATCH_QUEUE };
  const keys = createIdempotencyKeys((tenantId, key) => env.IDEMPOTENCY.getByName(`${tenantId}/${key}`));
  const executePrompt = createExecutePrompt({
    ...clock,
    random: Math.random,
    resolve: resolvePrompt,
    route,
    obtain: createObtainAnswer({
      answers: cache.answers,
      flights: buildFlights(env),
      callModel: createCallModel({ complete, answers: cache.answers }),
      fresh_ms: config.answerEdgeTtlS * 1000,
    }),
    record,
    executionTimeoutMs,
    fresh_ms: config.answerEdgeTtlS * 1000,
  });
  return {
    ...createBatchServices({
      ...clock,
      random: Math.random,
      shards,
      tenants,
      executions,
      vault,
      keys,
      resolve: resolvePrompt,
      route,
      execute: executePrompt,
      queues,
      // What the queue may have of such a batch is what its provider did not execute; all else is the clock's.
      provider: () => ({ run: async () => "queue" }),
      fetch: async (url, init) => fetch(url, init),
      sleep,
      every,
      onError: (event, id, error) => log("error", event, { batch_id: id, error: describeError(error) }),
      settings: config.batch,
      maxItemBytes: config.maxBodyBytes,
    }),
    providerBatches: createProviderBatches({
      ...clock,
      random: Math.random,
      store: createProviderBatchStore(shards),
      providers: providers.batch,
      maxSize: MAX_PROVIDER_BATCH_SIZE,
      resolve: resolvePrompt,
      keysFor,
      route,
      record: async (execution) => record.now(execution),
      onEnded: async (tenant_id, batch_id) =>
        createSendWakeUps(queues)("batch", [{ type: "webhook", tenant_id, batch_id }]),
      onError: (id, error) =>
        log("error", "provider_batch_fault", { provider_batch_id: id, error: describeError(error) }),
    }),
    config,
    shards,
    probes: buildProbes(env, shards),
    prompts,
    executions,
    resolvePrompt,
    manageProviderKeys,
    executePrompt,
    readGate: createReadGate({ keysFor, gateOf }),
    executeOnce: createExecuteOnce({
      ...clock,
      execute: executePrompt,
      keys,
      find: async (...of) => executions.find(...of),
      executionTimeoutMs,
    }),
    authenticate: createAuthenticate({
      ...clock,
      tenants,
      records,
      staleness: staleness.keys,
      pepper: config.keyPepper,
      rootKey: config.rootKey,
    }),
    throttle: createThrottle({
      ...clock,
      limits: config.tenantLimits,
      objectOf: (tenantId) => env.TENANT_THROTTLE.getByName(tenantId),
      defer,
      sleep,
      onFault: reportGate,
    }),
    manageKeys: createManageKeys({ ...clock, tenants, records, vault, env: config.env, pepper: config.keyPepper }),
    publishPrompt: createPublishPrompt({ ...clock, prompts, records }),
    readExecutions: createReadExecutions({ ...clock, executions, sleep }),
  };
}

function buildProbes(env: Env, shards: Shards): Services["probes"] {
  const ofShards = [...shards.all].map(
    ([name, db]) => [name, async () => db.get(sql`select count(*) from tenants where id = ''`)] as const,
  );
  return {
    ...Object.fromEntries(ofShards),
    PROVIDER_GATE: async () => env.PROVIDER_GATE.getByName("ready").ping(),
    TENANT_THROTTLE: async () => env.TENANT_THROTTLE.getByName("ready").ping(),
    CACHE: async () => env.CACHE.get("ready"),
    SINGLE_FLIGHT: async () => env.SINGLE_FLIGHT.getByName("ready").ping(),
  };
}

function buildProviders(config: Config) {
  const outbound = async (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init);
  return createProviders(config.providers, egressOrigins(config), outbound);
}

/** The tiers: records and answers in memories of their own, so that neither drives the other out. */
function buildCaches(env: Env, config: Config) {
  const faults = { timeoutMs: config.cacheTimeoutMs, onFault: reportTier };
  const edge = tolerant(
    createEdgeTier(() => caches.default),
    faults,
  );
  const kv = tolerant(createKvTier(env.CACHE), faults);
  const now = () => Date.now();
  const random = () => Math.random();
  const life = { edgeTtlS: config.answerEdgeTtlS, kvTtlS: config.answerKvTtlS };
  return {
    records: createRecordCache({ memory: createMemoryTier(MEMORY), edge, kv, now, random, defer }),
    answers: createAnswerCache({ memory: createMemoryTier(MEMORY), edge, kv, life, now, random, defer }),
  };
}

/** Entries, and bytes out of an isolate's 128 MB. */
const MEMORY = { entries: 1_000, bytes: 24 * 1024 * 1024 };

function stalenessOf({ pointerFreshMs, pointerBoundMs, promptLastGoodMs, keyLastGoodMs }: Config) {
  const bound = { freshMs: pointerFreshMs, boundMs: pointerBoundMs };
  return {
    prompts: { ...bound, lastGoodMs: promptLastGoodMs },
    keys: { ...bound, lastGoodMs: keyLastGoodMs },
  } satisfies Record<string, Staleness>;
}

function buildFlights(env: Env): Flights {
  return createFlights({
    objectOf: (key) => env.SINGLE_FLIGHT.getByName(key),
    pipe: () => new IdentityTransformStream(),
    defer,
    onFault: (error) => log("error", "flight_fault", { error: describeError(error) }),
  });
}

function reportTier(tier: string, error: unknown): void {
  log("error", "cache_tier_fault", { tier, error: describeError(error) });
}

function reportGate(event: string, error: unknown): void {
  log("error", event, { error: describeError(error) });
}

/** Lets work go on behind the reply. What fails there has been told where it failed. */
function defer(work: Promise<unknown>): void {
  waitUntil(work.catch(() => undefined));
}

function every(ms: number, work: () => void): () => void {
  const timer = setInterval(work, ms);
  return () => clearInterval(timer);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
