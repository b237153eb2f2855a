import { sql } from "drizzle-orm";
import { type Config, egressOrigins, type OptionalSecrets, readConfig } from "../config.ts";
import { type BatchServices, buildBatches } from "./batches.ts";
import { buildCaches } from "./caches.ts";
import { buildExecution, gatesOf } from "./executions.ts";
import { clock, defer, report, sleep } from "./runtime.ts";
import { createProviders } from "../providers/create-providers.ts";
import { type Authenticate, createAuthenticate } from "../services/tenants/authenticate.ts";
import { createCheckKey } from "../services/gate/check-key.ts";
import { createExecuteOnce, type ExecuteOnce } from "../services/executions/execute-once.ts";
import type { ExecutePrompt } from "../services/executions/execute-prompt.ts";
import { createIdempotencyKeys } from "../services/executions/idempotency-keys.ts";
import { createManageKeys, type ManageKeys } from "../services/tenants/manage-keys.ts";
import { createManageProviderKeys, type ManageProviderKeys } from "../services/tenants/manage-provider-keys.ts";
import { createPublishPrompt, type PublishPrompt } from "../services/prompts/publish-prompt.ts";
import { createQualityHistory } from "../services/completions/quality-history.ts";
import { createReadExecutions, type ReadExecutions } from "../services/executions/read-executions.ts";
import { createReadGate, type ReadGate } from "../services/gate/read-gate.ts";
import { createRecordUsage } from "../services/usage/record-usage.ts";
import { createResolvePrompt, type ResolvePrompt } from "../services/prompts/resolve-prompt.ts";
import { createRouteModel } from "../services/completions/route-model.ts";
import { createThrottle, type Throttle } from "../services/gate/throttle.ts";
import { createVault } from "../services/tenants/vault.ts";
import { createExecutionRepository, type ExecutionRepository } from "../storage/executions/executions.ts";
import { createFeedbackRepository } from "../storage/executions/feedback.ts";
import { createPromptRepository, type PromptRepository } from "../storage/prompts/prompts.ts";
import { createProviderKeyRepository } from "../storage/tenants/provider-keys.ts";
import { createShards, type Shards } from "../storage/shards.ts";
import { createTenantRepository } from "../storage/tenants/tenants.ts";

/** Everything that the routes and the queue consumer call. */
export interface Services extends BatchServices {
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

/** The services of an isolate, built from its bindings on first use. Bindings are read here and in deps/ only. Throws where the configuration is not usable. */
export function servicesOf(env: Env): Services {
  const known = built.get(env);
  if (known) return known;
  const services = buildServices(env);
  built.set(env, services);
  return services;
}

function buildServices(env: Env & OptionalSecrets): Services {
  const config = readConfig(env);
  const { executionTimeoutMs } = config;
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  const tenants = createTenantRepository(shards);
  const prompts = createPromptRepository(shards);
  const executions = createExecutionRepository(shards);
  const vault = createVault(config.keyEncryptionKey);
  const { records, answers, staleness } = buildCaches(env, config);
  const common = { ...clock, tenants, vault, records };
  const manageProviderKeys = createManageProviderKeys({
    ...common,
    staleness: staleness.prompts,
    providerKeys: createProviderKeyRepository(shards),
    deploymentKeys: { openai: config.providers.openai.apiKeys, anthropic: config.providers.anthropic.apiKeys },
  });
  const keysFor: ManageProviderKeys["keysFor"] = async (...of) => manageProviderKeys.keysFor(...of);
  const resolve = createResolvePrompt({ prompts, records, staleness: staleness.prompts });
  const route = createRouteModel({ keysFor, quality: buildQuality(shards) });
  const record = buildRecordUsage(env, executions);
  const providers = buildProviders(config);
  const path = { resolve, route, record, keysFor };
  const execute = buildExecution(env, config, { ...path, answers, providers: providers.direct });
  const keys = createIdempotencyKeys((tenantId, key) => env.IDEMPOTENCY.getByName(`${tenantId}/${key}`));
  const find: ExecutionRepository["find"] = async (...of) => executions.find(...of);
  return {
    ...buildBatches(env, config, {
      ...path,
      shards,
      tenants,
      executions,
      vault,
      keys,
      execute,
      checkKey: createCheckKey({
        keysFor,
        gateOf: gatesOf(env),
        providers: providers.direct,
        timeoutMs: config.firstByteTimeoutMs,
      }),
      providers: providers.batch,
    }),
    config,
    shards,
    probes: buildProbes(env, shards),
    prompts,
    executions,
    resolvePrompt: resolve,
    manageProviderKeys,
    executePrompt: execute,
    readGate: createReadGate({ keysFor, gateOf: gatesOf(env) }),
    executeOnce: createExecuteOnce({ ...clock, execute, keys, find, executionTimeoutMs }),
    authenticate: createAuthenticate({
      ...common,
      staleness: staleness.keys,
      pepper: config.keyPepper,
      rootKey: config.rootKey,
    }),
    throttle: buildThrottle(env, config),
    manageKeys: createManageKeys({ ...common, env: config.env, pepper: config.keyPepper }),
    publishPrompt: createPublishPrompt({ ...clock, prompts, records }),
    readExecutions: createReadExecutions({ ...clock, executions, sleep }),
  };
}

function buildRecordUsage(env: Env, executions: ExecutionRepository) {
  return createRecordUsage({
    executions,
    queue: env.USAGE_QUEUE,
    onDeferred: (execution_id, error) => report("usage_deferred", error, { execution_id }),
    defer,
    sleep,
  });
}

function buildQuality(shards: Shards) {
  return createQualityHistory({
    ...clock,
    feedback: createFeedbackRepository(shards),
    background: defer,
    onError: (error) => report("quality_unread", error),
  });
}

function buildThrottle(env: Env, config: Config): Throttle {
  return createThrottle({
    ...clock,
    limits: config.tenantLimits,
    objectOf: (tenantId) => env.TENANT_THROTTLE.getByName(tenantId),
    defer,
    sleep,
    onFault: report,
  });
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
