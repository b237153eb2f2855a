import { type AnswerEntry, createAnswerCache } from "../../src/cache/answers.ts";
import { createMemoryTier } from "../../src/cache/memory.ts";
import type { CacheTier } from "../../src/cache/tier.ts";
import { IsolatePlace } from "../../src/domain/object-names.ts";
import { createNearBudgets } from "../../src/services/budgets/near-budgets.ts";
import { createOpenBudget } from "../../src/services/budgets/open-budget.ts";
import { createReserveMoney } from "../../src/services/budgets/reserve-money.ts";
import { Flights } from "../../src/services/completions/flights.ts";
import { CompletionMaker } from "../../src/services/completions/make-completion.ts";
import { obtainAnswer } from "../../src/services/completions/obtain-answer.ts";
import { createRouteModel } from "../../src/services/completions/route-model.ts";
import { TokenEstimator } from "../../src/services/completions/token-estimator.ts";
import { createExecutePrompt } from "../../src/services/executions/execute-prompt.ts";
import { ExecutionIds } from "../../src/services/executions/execution-ids.ts";
import { createAdmit } from "../../src/services/gate/admit.ts";
import { createNearGates, createNearThrottles, type NearObjects } from "../../src/services/gate/near-objects.ts";
import { createThrottle } from "../../src/services/gate/throttle.ts";
import type { ProviderKey } from "../../src/services/tenants/provider-keys.ts";
import { IntentLog } from "../../src/services/usage/intent-log.ts";
import { createRecordUsage, type RecordUsage } from "../../src/services/usage/record-usage.ts";
import { Life } from "../proofs/world/life.ts";
import { IsolateRecords } from "./isolate-records.ts";
import type { ScaleWorld } from "./scale-world.ts";
import { originAt, type Place } from "./places.ts";

/** The settings of the deployment, as in wrangler.toml. */
const EXECUTION_TIMEOUT_MS = 30_000;
const PROVIDER_TIMES = { connectMs: 2_000, firstByteMs: 120_000, readMs: 30_000 };
const ANSWER_LIFE = { edgeTtlS: 86_400, kvTtlS: 3_600 };
const RECORD_TIMEOUT_MS = 2_000;
const INTENT_MARGIN_MS = 600_000;
const FREE_CALLS = 2;
const MEMORY = { entries: 1_000, bytes: 24 * 1024 * 1024 };

/** What the services of an isolate have in common. */
interface Common {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  defer: (work: Promise<unknown>) => void;
  random: () => number;
  onFault: (event: string, error: unknown) => void;
}

/** An isolate of a place with its own instances of the Worker's services, as `src/deps` builds them. */
export class ScaleIsolate {
  readonly life: Life;
  readonly place: Place;
  /** Elapsed ms at which it can take its first request. */
  readonly readyAt: number;
  usedAt: number;
  /** Elapsed ms until which its thread is busy. */
  #busyUntil = 0;
  readonly execute: ReturnType<typeof createExecutePrompt>;
  readonly throttle: ReturnType<typeof createThrottle>;
  readonly records: IsolateRecords;
  readonly #world: ScaleWorld;

  constructor(world: ScaleWorld, name: string, place: Place) {
    const { clock, times } = world.ground;
    this.#world = world;
    this.life = new Life(name);
    this.place = place;
    this.readyAt = clock.elapsed() + times.isolate_start;
    this.usedAt = clock.elapsed();
    const common = commonOf(world);
    const near = { place: isolatePlaceAt(place, common.random()), largeTenants: world.largeTenants };
    const tiers = { edge: world.edgeOf(place), kv: world.kv.tierFor(place.name) };
    const records = new IsolateRecords(world, place);
    const keysFor = async (...of: [string, string]) => records.keysFor(...of);
    this.records = records;
    const record = createRecord(world, place, common);
    const openBudget = createOpenBudget({
      tenantRecords: { read: async (id) => records.tenant(world.tenant(id)) },
      reserveMoney: createReserveMoney({
        ...common,
        objectOf: createNearBudgets(common, {
          ...near,
          named: (name) => world.objects.budgetsNamed(name, place),
        }),
        newId: () => world.newId("loan"),
      }),
    });
    this.throttle = createThrottle({
      ...common,
      limits: world.throttle,
      objectOf: createNearThrottles(common, {
        ...near,
        named: (name) => world.objects.throttleNamed(name, place),
      }),
    });
    this.execute = createExecutePrompt({
      ...common,
      ids: new ExecutionIds({ ...common, isLarge: (id) => world.tenant(id).hasBranches }),
      observe: () => undefined,
      keepsContent: () => false,
      record,
      resolve: async (...asked) => records.resolve(...asked),
      route: createRouteModel({
        keysFor,
        pricesOf: async () => ({}),
        upstreamsOf: async () => [],
        quality: () => undefined,
      }),
      intents: createIntents(world, place, { ...common, waiting: record.waiting }),
      openBudget,
      obtain: createObtain(world, place, { ...common, ...tiers, keysFor, near }),
      executionTimeoutMs: EXECUTION_TIMEOUT_MS,
      fresh_ms: ANSWER_LIFE.edgeTtlS * 1_000,
    });
  }

  /** Waits for the thread and keeps it for the CPU of one execution. */
  async compute(): Promise<void> {
    const { clock, times } = this.#world.ground;
    const start = Math.max(clock.elapsed(), this.#busyUntil, this.readyAt);
    this.#busyUntil = start + times.isolate_cpu;
    await clock.sleep(this.#busyUntil - clock.elapsed());
  }
}

function commonOf({ ground: { clock, random }, tally }: ScaleWorld): Common {
  return {
    now: () => clock.now(),
    sleep: async (ms) => clock.sleep(ms),
    defer: (work) => void work.catch(() => undefined),
    random: () => random.unit(),
    onFault: (event) => tally.addFault(event),
  };
}

/** Where an isolate is, as its first request tells; `chance` draws its branch. */
function isolatePlaceAt(place: Place, chance: number): IsolatePlace {
  const own = new IsolatePlace(chance);
  own.note(originAt(place));
  return own;
}

function createRecord(world: ScaleWorld, place: Place, common: Common): RecordUsage {
  return createRecordUsage({
    ...common,
    executions: world.executionsFrom(place),
    queue: world.queue,
    timeoutMs: RECORD_TIMEOUT_MS,
    onDeferred: () => world.tally.addFault("record_deferred"),
    onLost: () => world.tally.addFault("record_lost"),
  });
}

function createIntents(world: ScaleWorld, place: Place, common: Common & Pick<RecordUsage, "waiting">) {
  const ledgerOf = (...of: [string, number]) => world.objects.ledgerOf(...of, place);
  const log = new IntentLog({ ...common, ledgerOf, queue: world.queue, marginMs: INTENT_MARGIN_MS });
  return {
    append: async (...[tenantId, intent, endsBy]: Parameters<IntentLog["append"]>) => {
      await log.append(tenantId, intent, endsBy);
      world.tally.expect(tenantId, intent.id);
    },
  };
}

function createObtain(
  world: ScaleWorld,
  place: Place,
  common: Common & {
    edge: CacheTier;
    kv: CacheTier;
    keysFor: (tenantId: string, provider: string) => Promise<ProviderKey[]>;
    near: Omit<NearObjects<unknown>, "named">;
  },
) {
  const { objects, provider } = world;
  const completions = new CompletionMaker({
    ...common,
    providers: { openai: provider.as(), anthropic: provider.as() },
    admit: createAdmit({
      ...common,
      gateOf: createNearGates(common, { ...common.near, named: (name) => objects.gateNamed(name, place) }),
      newestKeys: common.keysFor,
      newId: () => world.newId("holder"),
      freeCalls: { most: FREE_CALLS, random: common.random },
    }),
    tokens: new TokenEstimator(),
    times: PROVIDER_TIMES,
  });
  const memory = createMemoryTier<AnswerEntry>(MEMORY);
  const answers = createAnswerCache({ ...common, memory, life: ANSWER_LIFE });
  const flights = new Flights({
    objectOf: (name) => objects.flightOf(name, place),
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer: common.defer,
    onFault: () => world.tally.addFault("flight_fault"),
  });
  const fresh_ms = ANSWER_LIFE.edgeTtlS * 1_000;
  return async (request: Parameters<typeof obtainAnswer>[1]) =>
    obtainAnswer({ answers, flights, completions, fresh_ms }, request);
}
