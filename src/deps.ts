import { egressOrigins, readConfig, type Config, type OptionalSecrets } from "./config.ts";
import type { ProviderName } from "./domain/completion.ts";
import { createAnthropicProvider } from "./providers/anthropic/anthropic-provider.ts";
import { createEgressFetch } from "./providers/egress.ts";
import { createOpenAIProvider } from "./providers/openai/openai-provider.ts";
import type { Provider } from "./providers/provider.ts";
import { type Authenticate, createAuthenticate } from "./services/authenticate.ts";
import { createComplete } from "./services/complete.ts";
import { createExecutePrompt, type ExecutePrompt } from "./services/execute-prompt.ts";
import { createManageKeys, type ManageKeys } from "./services/manage-keys.ts";
import { createManageProviderKeys, type ManageProviderKeys } from "./services/manage-provider-keys.ts";
import { createPublishPrompt, type PublishPrompt } from "./services/publish-prompt.ts";
import { createReadExecutions, type ReadExecutions } from "./services/read-executions.ts";
import { createRecordUsage } from "./services/record-usage.ts";
import { createResolvePrompt, type ResolvePrompt } from "./services/resolve-prompt.ts";
import { createVault } from "./services/vault.ts";
import { createExecutionRepository, type ExecutionRepository } from "./storage/executions.ts";
import { createPromptRepository, type PromptRepository } from "./storage/prompts.ts";
import { createProviderKeyRepository } from "./storage/provider-keys.ts";
import { createShards, type Shards } from "./storage/shards.ts";
import { createTenantRepository } from "./storage/tenants.ts";
import { describeError, log } from "./telemetry/log.ts";

/** Everything that the routes and the queue consumer call. */
export interface Services {
  config: Config;
  shards: Shards;
  prompts: PromptRepository;
  executions: ExecutionRepository;
  authenticate: Authenticate;
  manageKeys: ManageKeys;
  manageProviderKeys: ManageProviderKeys;
  publishPrompt: PublishPrompt;
  resolvePrompt: ResolvePrompt;
  executePrompt: ExecutePrompt;
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
  const prompts = createPromptRepository(shards);
  const executions = createExecutionRepository(shards);
  const vault = createVault(config.keyEncryptionKey);
  const resolvePrompt = createResolvePrompt(prompts);
  const manageProviderKeys = createManageProviderKeys({
    ...clock,
    tenants,
    vault,
    providerKeys: createProviderKeyRepository(shards),
    deploymentKeys: { openai: config.providers.openai.apiKeys, anthropic: config.providers.anthropic.apiKeys },
  });
  const keysFor: ManageProviderKeys["keysFor"] = async (...of) => manageProviderKeys.keysFor(...of);
  const record = createRecordUsage(executions, env.USAGE_QUEUE, (id, error) =>
    log("error", "usage_deferred", { execution_id: id, error: describeError(error) }),
  );
  return {
    config,
    shards,
    prompts,
    executions,
    resolvePrompt,
    manageProviderKeys,
    authenticate: createAuthenticate({ ...clock, tenants, pepper: config.keyPepper, rootKey: config.rootKey }),
    manageKeys: createManageKeys({ ...clock, tenants, vault, env: config.env, pepper: config.keyPepper }),
    publishPrompt: createPublishPrompt({ ...clock, prompts }),
    readExecutions: createReadExecutions({ ...clock, executions, sleep }),
    executePrompt: createExecutePrompt({
      ...clock,
      random: Math.random,
      resolve: resolvePrompt,
      keysFor,
      complete: createComplete({
        providers: buildProviders(config),
        keysFor,
        firstByteTimeoutMs: config.firstByteTimeoutMs,
      }),
      record,
      executionTimeoutMs: config.executionTimeoutMs,
    }),
  };
}

function buildProviders(config: Config): Record<ProviderName, Provider> {
  const egress = createEgressFetch({
    allowedOrigins: egressOrigins(config),
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init),
  });
  return {
    openai: createOpenAIProvider({ baseUrl: config.providers.openai.baseUrl, fetch: egress }),
    anthropic: createAnthropicProvider({ baseUrl: config.providers.anthropic.baseUrl, fetch: egress }),
  };
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
