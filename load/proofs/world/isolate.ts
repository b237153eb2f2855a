import { type AnswerEntry, createAnswerCache } from "../../../src/cache/answers.ts";
import { createMemoryTier } from "../../../src/cache/memory.ts";
import type { CacheTier, Entry, TierName } from "../../../src/cache/tier.ts";
import type { ProviderName } from "../../../src/domain/completions/completion.ts";
import type { PromptDefinition } from "../../../src/domain/prompts/prompt.ts";
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
import type { ResolvePrompt } from "../../../src/services/prompts/resolve-prompt.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";
import { createRecordUsage } from "../../../src/services/usage/record-usage.ts";
import { Life } from "./life.ts";
import type { Ground } from "./network.ts";
import type { WorldProvider } from "./world-provider.ts";
import type { WorldStorage } from "./world-storage.ts";

/** The settings of the deployment, as in wrangler.toml. Milliseconds. */
const EXECUTION_TIMEOUT_MS = 30_000;
const TIMES = { firstByteMs: 2_000, readMs: 30_000 };
const FRESH_MS = 86_400_000;

/** What surrounds an isolate. */
export interface Surroundings extends Ground {
  storage: WorldStorage;
  provider: WorldProvider;
  tiers: Record<TierName, CacheTier>;
  keysFor: (tenantId: string, provider: ProviderName) => ProviderKey[];
  gateOf: (tenantId: string, provider: ProviderName) => GateObject;
  flightOf: (name: string) => FlightObject;
  keyOf: (name: string) => IdempotencyObject;
  /** Sees every admission, before its call. */
  watch(admit: Admit): Admit;
}

/** An isolate with its own instances of the Worker's services, until it crashes. */
export class Isolate {
  readonly life: Life;
  readonly execute: ReturnType<typeof createExecutePrompt>;
  readonly once: ReturnType<typeof createExecuteOnce>;

  constructor(world: Surroundings, name: string) {
    const { clock, storage, history } = world;
    this.life = new Life(name);
    const now = () => clock.now();
    const sleep = async (ms: number) => clock.sleep(ms);
    const defer = (work: Promise<unknown>) => void work.catch(() => undefined);
    const random = () => world.random.unit();
    const record = createRecordUsage({
      executions: storage.executions,
      queue: storage.queue,
      onDeferred: (id) => history.add(`deferred ${id}`),
      defer,
      sleep,
    });
    const keysFor = async (tenantId: string, provider: ProviderName) => world.keysFor(tenantId, provider);
    this.execute = createExecutePrompt({
      now,
      random,
      record,
      resolve,
      route: createRouteModel({ keysFor, quality: () => undefined }),
      obtain: createObtain(world, name, { now, sleep, defer, random, keysFor }),
      executionTimeoutMs: EXECUTION_TIMEOUT_MS,
      fresh_ms: FRESH_MS,
    });
    this.once = createExecuteOnce({
      now,
      execute: this.execute,
      keys: createIdempotencyKeys((tenantId, key) => world.keyOf(`${tenantId}/${key}`)),
      find: storage.executions.find,
      executionTimeoutMs: EXECUTION_TIMEOUT_MS,
    });
  }
}

/** What the services of an isolate have in common. */
interface Common {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  defer: (work: Promise<unknown>) => void;
  random: () => number;
  keysFor: (tenantId: string, provider: ProviderName) => Promise<ProviderKey[]>;
}

function createObtain(world: Surroundings, name: string, common: Common) {
  const { defer, now, random } = common;
  const { history, provider, tiers } = world;
  let ids = 0;
  const onFault = (event: string) => history.add(`${name} ${event}`);
  const completions = new CompletionMaker({
    ...common,
    providers: { openai: provider.as(), anthropic: provider.as() },
    admit: world.watch(createAdmit({ ...common, gateOf: world.gateOf, newId: () => `${name}-${(ids += 1)}`, onFault })),
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
    onFault: () => onFault("flight_fault"),
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
    async delete(key) {
      await way();
      kept.delete(key);
    },
  };
}

const DEFINITION: PromptDefinition = {
  messages: [{ role: "user", content: "{{ question }}" }],
  models: [],
  variables: { question: { type: "string", required: true } },
  settings: {},
  tags: [],
  tests: [],
  metadata: {},
};
const SCHEMA = { type: "object", properties: { a: { type: "string" } }, required: ["a"] } as const;
const DEFINITIONS: Record<string, PromptDefinition> = {
  plain: DEFINITION,
  json: { ...DEFINITION, output_schema: { ...SCHEMA, required: ["a"] } },
};

/** Two prompts: `plain`, and `json` with an output schema. */
const resolve: ResolvePrompt = async (tenant_id, { name }) => ({
  row: {
    tenant_id,
    name,
    version: 1,
    content_hash: name,
    source: "",
    format: "yaml",
    definition: DEFINITIONS[name] ?? DEFINITION,
    warnings: [],
    created_at: 0,
  },
  label: null,
  pointer: { latest_version: 1, cache_epoch: 0, labels: {} },
  pointer_age_ms: 0,
  degraded: [],
});
