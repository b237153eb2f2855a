import { type AnswerEntry, createAnswerCache } from "../../../src/cache/answers.ts";
import { createMemoryTier } from "../../../src/cache/memory.ts";

import type { CacheTier, Entry, TierName } from "../../../src/cache/tier.ts";
import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { BudgetsObject } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import type { BatchDeps } from "../../../src/services/batches/batch-deps.ts";
import type { ProviderBatchDeps } from "../../../src/services/batches/provider-batch-work.ts";
import { budgetedScopes } from "../../../src/services/budgets/budgeted-scopes.ts";
import { createOpenBudget, type OpenBudget } from "../../../src/services/budgets/open-budget.ts";
import { createReserveMoney } from "../../../src/services/budgets/reserve-money.ts";
import { Flights, type FlightObject } from "../../../src/services/completions/flights.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { obtainAnswer } from "../../../src/services/completions/obtain-answer.ts";
import { createRouteModel } from "../../../src/services/completions/route-model.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import { createExecuteOnce } from "../../../src/services/executions/execute-once.ts";
import { createExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import { createIdempotencyKeys, type IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import type { Admit } from "../../../src/services/gate/admit.ts";
import { createAdmit } from "../../../src/services/gate/admit.ts";
import type { GateObject } from "../../../src/domain/gate/protocol/messages.ts";
import type { TenantRecord } from "../../../src/services/tenants/tenant-records.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";
import type { LedgerObject } from "../../../src/domain/ledger/ledger-messages.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";
import { IntentLog } from "../../../src/services/usage/intent-log.ts";
import { createRecordUsage, type RecordUsage } from "../../../src/services/usage/record-usage.ts";
import type { ExecutionRepository } from "../../../src/storage/executions/executions.ts";
import { type BatchSurroundings, createBatchDeps, createProviderBatchDeps } from "./batch-isolate.ts";
import { Life } from "./life.ts";
import type { Ground } from "./network.ts";
import type { ReadKeys } from "./provider-keys.ts";
import { resolve } from "./prompts.ts";
import type { UsageQueue } from "./usage-queue.ts";
import type { WorldProvider } from "./world-provider.ts";

/** The settings of the deployment, as in wrangler.toml. Milliseconds. */
const EXECUTION_TIMEOUT_MS = 30_000;
const TIMES = { connectMs: 2_000, firstByteMs: 120_000, readMs: 30_000 };
const FRESH_MS = 86_400_000;
const RECORD_TIMEOUT_MS = 2_000;
const INTENT_MARGIN_MS = 600_000;
const FREE_CALLS = 2;
/** An isolate reads its copy of the keys anew after this time, in ms. */
const KEYS_BOUND_MS = 30_000;

/** What surrounds an isolate. */
export interface Surroundings extends Ground {
  executions: ExecutionRepository;
  usage: UsageQueue;
  provider: WorldProvider;
  tiers: Record<TierName, CacheTier>;
  batches: BatchSurroundings;
  keysFor: ReadKeys;
  gateOf: (tenantId: string, provider: BuiltInProvider) => GateObject;
  flightOf: (name: string) => FlightObject;
  keyOf: (name: string) => IdempotencyObject;
  ledgerOf: (tenantId: string, share: number) => LedgerObject;
  budgetsOf: (tenantId: string) => Pick<BudgetsObject, "ask" | "budgets">;
  /** Hears which execution a request is about to pay for. */
  own(request: string, executionId: string): void;
  /** Hears that a request asks for the money of a call to a model. */
  tries(request: string, model: string): void;
  /** Sees every admission, before its call. */
  watch(admit: Admit): Admit;
}

/** An isolate with its own instances of the Worker's services, until it crashes. */
export class Isolate {
  readonly life: Life;
  readonly execute: ReturnType<typeof createExecutePrompt>;
  readonly once: ReturnType<typeof createExecuteOnce>;
  readonly batches: BatchDeps;
  readonly providerBatches: ProviderBatchDeps;

  /** `hasLarge`: it takes all tenants for large ones. */
  constructor(world: Surroundings, name: string, hasLarge: boolean) {
    const { clock, executions, history } = world;
    this.life = new Life(name);
    const now = () => clock.now();
    const sleep = async (ms: number) => clock.sleep(ms);
    const defer = (work: Promise<unknown>) => void work.catch(() => undefined);
    const random = () => world.random.unit();
    const record = createRecordUsage({
      now,
      executions,
      queue: world.usage,
      timeoutMs: RECORD_TIMEOUT_MS,
      onDeferred: (records) => history.add(`deferred ${records.executions.map(({ id }) => id).join(" ")}`),
      onLost: ({ id }) => history.add(`lost ${id}`),
      defer,
      sleep,
    });
    const onFault = (event: string, _error: unknown, ids: Record<string, string> = {}) =>
      history.add([name, event, ...Object.values(ids)].join(" "));
    const common = { now, sleep, defer, random, onFault };
    const keysFor = createKeysFor(world);
    const route = createRouteModel({
      keysFor,
      pricesOf: async () => ({}),
      upstreamsOf: async () => [],
      quality: () => undefined,
    });
    const keys = createIdempotencyKeys({ ...common, objectOf: (tenantId, key) => world.keyOf(`${tenantId}/${key}`) });
    const ids = new ExecutionIds({ now, random, isLarge: () => hasLarge });
    this.execute = createExecutePrompt({
      now,
      ids,
      random,
      ...UNWATCHED,
      record,
      resolve,
      route,
      intents: createIntents(world, { ...common, waiting: record.waiting }),
      openBudget: openBudgetOf(world, name, common),
      obtain: createObtain(world, name, { ...common, keysFor }),
      executionTimeoutMs: EXECUTION_TIMEOUT_MS,
      fresh_ms: FRESH_MS,
    });
    this.once = createExecuteOnce({
      now,
      ids,
      execute: this.execute,
      keys,
      record: record.now,
      sleep,
      onFault,
      find: async (...of) => executions.find(...of),
      timeLimit: async ({ options }) => options.timeout_ms ?? EXECUTION_TIMEOUT_MS,
    });
    const { execute } = this;
    const parts = { ...common, executions, keys, resolve, route, execute, recordAll: record.all };
    this.batches = createBatchDeps(world, world.batches, parts);
    const ofProviders = { keysFor, budgets: providerBudgetsOf(world), record: record.now };
    this.providerBatches = createProviderBatchDeps(world.batches, this.batches, ofProviders);
  }
}

/** Nobody watches executions here, and no tenant has content recorded. */
const UNWATCHED = { observe: () => undefined, keepsContent: () => false };

/** What the services of an isolate have in common. */
interface Common {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  defer: (work: Promise<unknown>) => void;
  random: () => number;
  onFault: (event: string, error: unknown, ids?: Record<string, string>) => void;
}

/** The isolate's copies of the keys, each with the time at which it was read. */
function createKeysFor({ clock, keysFor }: Surroundings) {
  const copies = new Map<string, { readAt: number; keys: ProviderKey[] }>();
  return async (tenantId: string, provider: BuiltInProvider): Promise<ProviderKey[]> => {
    const name = `${tenantId}/${provider}`;
    const known = copies.get(name);
    const now = clock.now();
    if (known && now - known.readAt <= KEYS_BOUND_MS) return known.keys;
    const keys = keysFor(tenantId, provider, now);
    copies.set(name, { readAt: now, keys });
    return keys;
  };
}

/** The records of tenants, as far as budgets go. */
function tenantRecordsOf({ budgetsOf }: Surroundings) {
  const read = async (tenantId: string) => {
    const budgets = await budgetsOf(tenantId).budgets([]);
    return { budget_scopes: budgets.map(({ scope }) => scope) } as TenantRecord;
  };
  return { read };
}

/** The budgets of the providers' own batches. */
function providerBudgetsOf(world: Surroundings): ProviderBatchDeps["budgets"] {
  const deps = { tenantRecords: tenantRecordsOf(world) };
  return { scopesOf: async (...of) => budgetedScopes(deps, ...of), objectOf: world.budgetsOf };
}

/** The isolate's dealings with budgets. It knows from its start which scopes have one. */
function openBudgetOf(world: Surroundings, name: string, common: Common): OpenBudget {
  let loans = 0;
  const objectOf = world.budgetsOf;
  const newId = () => `${name}-loan${(loans += 1)}`;
  const reserveMoney = createReserveMoney({ ...common, objectOf, newId });
  const open = createOpenBudget({ tenantRecords: tenantRecordsOf(world), reserveMoney });
  return async (...opened) => {
    const budget = await open(...opened);
    if (!budget) return null;
    const reserve: typeof budget.reserve = async (call) => {
      const request = world.clock.life()?.name ?? "?";
      world.tries(request, call.candidate.model);
      const money = await budget.reserve(call);
      world.provider.noteLent(request);
      return money;
    };
    return { ...budget, reserve };
  };
}

/** The isolate's log of intents. The world hears of each that is durable. */
function createIntents(world: Surroundings, common: Common & Pick<RecordUsage, "waiting">): Pick<IntentLog, "append"> {
  const log = new IntentLog({
    ...common,
    ledgerOf: world.ledgerOf,
    queue: world.usage,
    marginMs: INTENT_MARGIN_MS,
  });
  return {
    append: async (...intent) => {
      await log.append(...intent);
      world.own(world.clock.life()?.name ?? "?", intent[1].id);
    },
  };
}

function createObtain(
  world: Surroundings,
  name: string,
  common: Common & { keysFor: ReturnType<typeof createKeysFor> },
) {
  const { defer, now, random, onFault } = common;
  const { provider, tiers } = world;
  let ids = 0;
  const newId = () => `${name}-${(ids += 1)}`;
  const completions = new CompletionMaker({
    ...common,
    providers: { openai: provider.as(), anthropic: provider.as() },
    admit: world.watch(
      createAdmit({
        ...common,
        gateOf: world.gateOf,
        newestKeys: async (tenantId, of) => world.keysFor(tenantId, of as BuiltInProvider, now()),
        newId,
        freeCalls: { most: FREE_CALLS, random },
      }),
    ),
    tokens: new TokenEstimator(),
    times: TIMES,
  });
  const answers = createAnswerCache({
    now,
    random,
    defer,
    ...tiers,
    memory: createMemoryTier<AnswerEntry>({ entries: 1_000, bytes: 1 << 24 }),
    life: { edgeTtlS: 86_400, kvTtlS: 3_600 },
  });
  const flights = new Flights({
    objectOf: world.flightOf,
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer,
    onFault: (error) => onFault("flight_fault", error),
  });
  return async (request: Parameters<typeof obtainAnswer>[1]) =>
    obtainAnswer({ answers, flights, completions, fresh_ms: FRESH_MS }, request);
}

/** A cache tier that all isolates share. */
export function sharedTier({ clock, random }: Ground, name: TierName): CacheTier {
  const kept = new Map<string, Entry<unknown>>();
  const way = async () => clock.sleep(random.between(1, 6));
  return {
    name,
    async get<T>(key: string) {
      await way();
      return structuredClone(kept.get(key)) as Entry<T> | undefined;
    },
    async put(key, entry) {
      await way();
      kept.set(key, structuredClone(entry));
    },
  };
}
