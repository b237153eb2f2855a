import { type Config, egressOrigins, type OptionalSecrets, readConfig } from "../config.ts";
import { type AuditServices, buildAudit } from "./audit.ts";
import { type BatchServices, buildBatches } from "./batches.ts";
import { buildCaches } from "./caches.ts";
import { bind, type UseCase } from "./bind.ts";
import { buildBudgets, type BudgetServices } from "./budgets.ts";
import { buildDoors, type DoorServices } from "./doors.ts";
import { buildExecution } from "./executions.ts";
import { buildThrottle, gatesOf } from "./gates.ts";
import { buildInsights, type InsightServices } from "./insights.ts";
import { buildLedger, buildUsage, type UsageServices } from "./ledger.ts";
import { buildPrompts, type PromptServices } from "./prompts.ts";
import { buildCounting, buildMetrics, type Counting, type MetricsServices } from "./metrics.ts";
import { clock, defer, publicFetch, report, sleep } from "./runtime.ts";
import { buildShards, openShards, type ShardServices } from "./shards.ts";
import { placedObjects } from "./placed-objects.ts";
import { boundStorage } from "./storage-bindings.ts";
import { buildRuns, type RunServices } from "./runs.ts";
import { buildTraces, type TraceServices } from "./traces.ts";
import { buildTenantRecords, buildTenants, type TenantServices } from "./tenants.ts";
import { buildWebhooks, type WebhookServices } from "./webhooks.ts";
import { createProviders } from "../providers/create-providers.ts";
import { type CheckKeyDeps, createCheckKey } from "../services/gate/check-key.ts";
import { ExecutionIds } from "../services/executions/execution-ids.ts";
import { createExecuteOnce, type ExecuteOnce } from "../services/executions/execute-once.ts";
import { tellEach } from "../services/executions/ended-execution.ts";
import type { ExecutePrompt } from "../services/executions/execute-prompt.ts";
import { createIdempotencyKeys, type IdempotencyKeys } from "../services/executions/idempotency-keys.ts";
import { findTimeLimit } from "../services/executions/time-limit.ts";
import type { ProviderKeys } from "../services/tenants/provider-keys.ts";
import type { TenantPrices } from "../services/tenants/tenant-prices.ts";
import type { Upstreams } from "../services/tenants/upstreams.ts";
import { createQualityHistory } from "../services/completions/quality-history.ts";
import { listExecutions } from "../services/executions/list-executions.ts";
import { createReadExecutions, type ReadExecutions } from "../services/executions/read-executions.ts";
import { createReadGate, type ReadGate } from "../services/gate/read-gate.ts";
import { IsolatePlace } from "../domain/object-names.ts";
import type { UsageMessage } from "../domain/executions/usage-message.ts";
import { deliverUsage, redriveIn } from "../services/usage/deliver-usage.ts";
import { IntentLog } from "../services/usage/intent-log.ts";
import { createRecordUsage, type RecordUsage } from "../services/usage/record-usage.ts";
import { showRequest } from "../services/executions/show-request.ts";
import { OwnWrites } from "../services/system/own-writes.ts";
import { checkReadiness, type Probes } from "../services/system/check-readiness.ts";
import type { AnsweredRequest } from "../services/metrics/collect-metrics.ts";
import { createUpstreamFetch } from "../services/system/upstream-fetch.ts";
import { createRouteModel } from "../services/completions/route-model.ts";
import type { Throttle } from "../services/gate/throttle.ts";
import { createVault } from "../services/tenants/vault.ts";
import type { ExecutionRepository } from "../storage/executions/executions.ts";
import { requireMigrations } from "../storage/migrations.ts";
import type { Shards } from "../storage/shards.ts";
import { TenantRepository } from "../storage/tenants/tenants.ts";

/** The use cases that routes and queue consumers call. */
export interface Services
  extends
    AuditServices,
    BatchServices,
    BudgetServices,
    DoorServices,
    InsightServices,
    MetricsServices,
    PromptServices,
    TenantServices,
    RunServices,
    ShardServices,
    TraceServices,
    UsageServices,
    WebhookServices {
  config: Config;
  checkReadiness: UseCase<typeof checkReadiness>;
  /** A static file of the API's page. */
  fetchAsset: (request: Request) => Promise<Response>;
  throttle: Throttle;
  /** Where this isolate runs, as its requests tell. */
  place: IsolatePlace;
  /** Lets callers read what they wrote, though replicas may answer. */
  ownWrites: OwnWrites;
  deliverUsage: UseCase<typeof deliverUsage>;
  /** Puts dead letters of the usage queue back on it, after a while. */
  redriveUsage: (message: UsageMessage) => Promise<void>;
  listExecutions: UseCase<typeof listExecutions>;
  executePrompt: ExecutePrompt;
  executeOnce: ExecuteOnce;
  showRequest: UseCase<typeof showRequest>;
  readGate: ReadGate;
  readExecutions: ReadExecutions;
  countRequest: (request: AnsweredRequest) => void;
}

const built = new WeakMap<Env, Services>();

/**
 * The services of an isolate, built from its bindings on first use. Only deps/ reads bindings.
 * Throws if the configuration is not usable.
 */
export function servicesOf(env: Env & OptionalSecrets): Services {
  const known = built.get(env);
  if (known) return known;
  const config = readConfig(env);
  const place = new IsolatePlace(Math.random());
  const services = buildServices(placedObjects(env, place), config, place);
  built.set(env, services);
  return services;
}

function buildServices(given: Env, config: Config, place: IsolatePlace): Services {
  const counting = buildCounting(given, config, { lagMs: (tenantId) => record.waiting.lagMs(tenantId) });
  const env = boundStorage(given, config.storageTimeoutMs, counting.backendCall);
  const { records, answers, staleness, nearby } = buildCaches(env, config);
  const shards = openShards(env, config, nearby);
  const tenants = new TenantRepository(shards);
  const executions = buildLedger(env, shards);
  const vault = createVault(config.keyEncryptionKey);
  const ofWebhooks = buildWebhooks(env, config, { shards, tenants, vault });
  const ofPrompts = buildPrompts(shards, { ...ofWebhooks, records, staleness: staleness.prompts });
  const tenantRecords = buildTenantRecords(env, { shards, records, staleness });
  const ofBudgets = buildBudgets(env, config, { place, tenants, tenantRecords });
  const parts = { shards, tenants, vault, records, staleness, tenantRecords, loadBudgets: ofBudgets.loadBudgets };
  const ofTenants = buildTenants(env, config, parts);
  const { resolvePrompt: resolve } = ofPrompts;
  const timeLimit = bind(findTimeLimit, { resolve, executionTimeoutMs: config.executionTimeoutMs });
  const { keysFor, newestKeysFor, pricesOf, upstreamsOf } = readersOf(ofTenants);
  const route = createRouteModel({ keysFor, pricesOf, upstreamsOf, quality: buildQuality(executions) });
  const record = buildRecordUsage(env, config, executions);
  const providers = buildProviders(config);
  const keepsContent = (tenantId: string) => tenantRecords.keepsContent(tenantId);
  const path = { resolve, route, record, keysFor, pricesOf, openBudget: ofBudgets.openBudget, keepsContent };
  const intents = buildIntentLog(env, config, record);
  const ids = buildIds(config);
  const { observeRun, ...traces } = buildTraces(config, { shards, tenants, tenantRecords, vault });
  const observe = tellEach([...counting.watchers, traces.observe], report);
  const ofExecution = { ...path, newestKeysFor, ids, intents, answers, observe, providers: providers.direct, place };
  const execute = counting.execute(buildExecution(env, config, ofExecution));
  const [keys, find] = [buildKeys(env), findIn(executions)];
  const ofRecords = { executions, shards, flush: record.flush };
  const onPath = { ...path, ...ofRecords, observeRun, record: record.now, execute, keys, ids, timeLimit };
  const ofRuns = buildRuns(env, config, { ...ofWebhooks, ...ofPrompts, ...onPath, records });
  const ofInsights = buildInsights(env, config, { ...ofRecords, ...ofBudgets, ...ofWebhooks, ...path });
  const ofNouns = { ...ofBudgets, ...ofPrompts, ...ofTenants, ...ofWebhooks, ...ofRuns, ...ofInsights };
  const batchParts = { ...parts, ...path, ...ofRecords, ...ofNouns, execute, keys, find };
  return {
    ...buildBatches(env, config, {
      ...batchParts,
      budgets: ofBudgets.providerBatchBudgets,
      checkKey: buildCheckKey(env, config, { keysFor, providers: providers.direct }),
      providers: providers.batch,
      observe: tellEach([traces.observe], report),
    }),
    ...ofNouns,
    ...traces.services,
    ...buildAudit(config, shards),
    ...buildSystem(env, config),
    place,
    ...buildDelivery(env, executions),
    ...buildUsage(env, config, ofRecords),
    executePrompt: execute,
    showRequest: bind(showRequest, { upstreamsOf }),
    ...buildDoors(config, { keysFor, upstreamsOf, providers }),
    executeOnce: createExecuteOnce({ ...onceParts, execute, ids, keys, find, record: record.now, timeLimit }),
    throttle: counting.throttle(buildThrottle(env, config, place)),
    ...buildReads(executions, record, counting),
    countRequest: counting.request,
    ...buildViews(env, { shards, keysFor, upstreamsOf, listBudgets: ofBudgets.listBudgets, flush: counting.flush }),
  };
}

/** What requests of any kind need. */
function buildSystem(env: Env, config: Config) {
  return {
    config,
    fetchAsset: async (request: Request) => env.ASSETS.fetch(request),
    ownWrites: new OwnWrites({ ...clock, pepper: config.keyPepper }),
  };
}

function buildReads(executions: ExecutionRepository, { flush }: RecordUsage, counting: Counting) {
  return {
    listExecutions: bind(listExecutions, { executions, flush }),
    readExecutions: counting.readExecutions(createReadExecutions({ ...clock, executions, flush, sleep })),
  };
}

/** What of the present is shown, and what operators do with shards. */
function buildViews(env: Env, { shards, keysFor, upstreamsOf, listBudgets, flush }: ViewParts) {
  const readiness = bind(checkReadiness, { probes: buildProbes(env, shards) });
  const readGate = createReadGate({ keysFor, upstreamsOf, gateOf: gatesOf(env) });
  const metrics = buildMetrics(env, { flush, readGate, listBudgets, checkReadiness: readiness });
  return { checkReadiness: readiness, readGate, ...metrics, ...buildShards(shards) };
}

/** What {@link buildViews} is built over. */
interface ViewParts
  extends
    Pick<BudgetServices, "listBudgets">,
    Pick<Counting, "flush">,
    Omit<Parameters<typeof createReadGate>[0], "gateOf"> {
  shards: Shards;
}

function findIn(executions: ExecutionRepository): ExecutionRepository["find"] {
  return async (...of) => executions.find(...of);
}

/** What executions read of a tenant's record. */
function readersOf({ providerKeys, prices, upstreams }: TenantServices) {
  const keysFor: ProviderKeys["keysFor"] = async (...of) => providerKeys.keysFor(...of);
  const newestKeysFor: ProviderKeys["newestKeysFor"] = async (...of) => providerKeys.newestKeysFor(...of);
  const pricesOf: TenantPrices["pricesOf"] = async (...of) => prices.pricesOf(...of);
  const upstreamsOf: Upstreams["upstreamsOf"] = async (...of) => upstreams.upstreamsOf(...of);
  return { keysFor, newestKeysFor, pricesOf, upstreamsOf };
}

/** What work under idempotency keys needs of the runtime. */
const onceParts = { ...clock, sleep, onFault: report };

function buildKeys(env: Env): IdempotencyKeys {
  return createIdempotencyKeys({
    ...onceParts,
    objectOf: (tenantId, key) => env.IDEMPOTENCY.getByName(`${tenantId}/${key}`),
  });
}

function buildCheckKey(env: Env, config: Config, parts: Pick<CheckKeyDeps, "keysFor" | "providers">) {
  return createCheckKey({ ...parts, gateOf: gatesOf(env), timeoutMs: config.callTimes.connectMs });
}

function buildRecordUsage(env: Env, { recordTimeoutMs }: Config, executions: ExecutionRepository) {
  return createRecordUsage({
    ...clock,
    executions,
    queue: env.USAGE_QUEUE,
    timeoutMs: recordTimeoutMs,
    onDeferred({ executions: records, error }) {
      report("usage_deferred", error, { execution_id: records[0]?.id ?? "", count: String(records.length) });
    },
    onLost: ({ id }) => report("usage_lost", new Error("Too many records wait."), { execution_id: id }),
    defer,
    sleep,
  });
}

function buildDelivery(env: Env, executions: ExecutionRepository) {
  return {
    deliverUsage: bind(deliverUsage, { executions, intentsOf: (object) => env.EXECUTION_INTENTS.getByName(object) }),
    async redriveUsage(message: UsageMessage): Promise<void> {
      await env.USAGE_QUEUE.send(message, { delaySeconds: redriveIn(Math.random()) });
    },
  };
}

function buildIntentLog(env: Env, config: Config, { waiting }: RecordUsage): IntentLog {
  return new IntentLog({
    ...clock,
    ledgerOf: (tenantId, share) => env.LEDGER.getByName(`${tenantId}/${share}`),
    waiting,
    queue: env.USAGE_QUEUE,
    defer,
    sleep,
    onFault: report,
    marginMs: config.intents.marginMs,
  });
}

function buildIds({ largeTenants }: Config): ExecutionIds {
  return new ExecutionIds({ ...clock, random: Math.random, isLarge: (tenantId) => largeTenants.has(tenantId) });
}

function buildQuality(executions: ExecutionRepository) {
  return createQualityHistory({
    ...clock,
    executions,
    background: defer,
    onError: (error) => report("quality_unread", error),
  });
}

function buildProbes(env: Env, shards: Shards): Probes {
  const ofShards = [...shards.all].map(([name, db]) => [name, async () => requireMigrations(db)] as const);
  return {
    ...Object.fromEntries(ofShards),
    PROVIDER_GATE: async () => env.PROVIDER_GATE.getByName("ready").ping(),
    TENANT_THROTTLE: async () => env.TENANT_THROTTLE.getByName("ready").ping(),
    TENANT_BUDGETS: async () => env.TENANT_BUDGETS.getByName("ready").ping(),
    LEDGER: async () => env.LEDGER.getByName("ready/0").ping(),
    LEDGER_ARCHIVE: async () => env.LEDGER_ARCHIVE.head("ready"),
    CACHE: async () => env.CACHE.get("ready"),
    SINGLE_FLIGHT: async () => env.SINGLE_FLIGHT.getByName("ready").ping(),
    IDEMPOTENCY: async () => env.IDEMPOTENCY.getByName("ready").ping(),
    EXECUTION_INTENTS: async () => env.EXECUTION_INTENTS.getByName("ready").ping(),
    METRICS: async () => env.METRICS.getByName("ready").ping(),
  };
}

function buildProviders(config: Config) {
  const outbound = async (input: RequestInfo | URL, init?: RequestInit) => fetch(input, init);
  const upstreamFetch = createUpstreamFetch(publicFetch([]));
  return createProviders(config.providers, egressOrigins(config), outbound, upstreamFetch);
}
