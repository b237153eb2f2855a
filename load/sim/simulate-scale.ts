import { AppError } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { startTimings } from "../../src/domain/executions/timings.ts";
import { shareOf } from "../../src/domain/ledger/shares.ts";
import { ExecutionFailed } from "../../src/services/executions/execute-result.ts";
import type { Line } from "../bill/meter.ts";
import type { WorldClock } from "../proofs/world/world-clock.ts";
import { requestOf } from "./prompts.ts";
import type { DataCentres } from "./data-centres.ts";
import type { DatabaseFigures } from "./databases.ts";
import { inWorldTime, LoadedWorld, type WorldInput } from "./loaded-world.ts";
import type { SiteLoad } from "./object-site.ts";
import type { Tenant } from "./population.ts";
import { RequestLife } from "./scale-provider.ts";
import type { PlantedFaults } from "./scale-objects.ts";
import type { ScalePlan } from "./scale-plan.ts";
import { ScaleIsolate } from "./scale-isolate.ts";
import type { Asked, IdsByTenant, TallyFigures } from "./scale-tally.ts";
import type { ScaleWorld } from "./scale-world.ts";

/** What must be 0: calls over a limit, money over a budget (nano-dollars), and lost records. */
export interface Broken {
  over_limit: number;
  overshoot_nanousd: number;
  lost: number;
  /** Records of answers that cost nothing, which an isolate took along. They may be lost. */
  lost_hits: number;
}

/** The result of a simulated load. */
export interface ScaleFigures {
  plan: ScalePlan;
  tally: TallyFigures;
  lines: Line[];
  objects: SiteLoad[];
  databases: DatabaseFigures;
  /** Share of their time that the isolates' threads were busy. */
  isolate_load: number;
  isolates: number;
  cold_starts: number;
  provider_calls: number;
  /** Executions whose records were looked for at the end. */
  expected: number;
  broken: Broken;
  events: number;
}

/** The share of requests that may be answered by a stored answer, as in `npm run load`. */
const CACHEABLE = 0.3;
/** How long the world goes on without requests, ms: longer than an intent waits for its record. */
const REST_MS = 760_000;

/**
 * Objects that were asked for more than they can do, and messages that wait for them, take longer:
 * as many more times of this many ms.
 */
const BACKLOG = { times: 8, ms: 1_800_000 };

/** What looks on while a plan is simulated. */
export interface Onlooker {
  /** The world has begun, and everything of its plan is planned. */
  begin?(world: ScaleWorld, centres: DataCentres<ScaleIsolate>): void;
  /** A client has sent a request that is counted. */
  ask?(number: number, sent: Pick<Asked, "tenant" | "place" | "at">): void;
  /** It has ended for its client. Never, where its isolate is lost. */
  note?(number: number, asked: Asked): void;
}

/** Simulates a plan. The seed decides everything in it. */
export async function simulateScale(
  plan: ScalePlan,
  seed: number,
  planted: PlantedFaults = {},
  onlooker: Onlooker = {},
): Promise<ScaleFigures> {
  return inWorldTime(seed, async (clock) => new ScaleRun({ plan, seed, planted, onlooker }, clock).run());
}

/** What is simulated, and who looks on. */
interface RunInput extends WorldInput {
  onlooker: Onlooker;
}

class ScaleRun {
  readonly #load: LoadedWorld<ScaleIsolate>;
  readonly #onlooker: Onlooker;
  #asked = 0;

  constructor({ onlooker, ...input }: RunInput, clock: WorldClock) {
    this.#onlooker = onlooker;
    this.#load = new LoadedWorld(input, clock, (...of) => new ScaleIsolate(...of));
  }

  async run(): Promise<ScaleFigures> {
    const load = this.#load;
    const { plan, clock, meter, world, centres } = load;
    const { large } = world.population;
    load.arrive(large.rate, () => this.#ask(large));
    if (load.smallRate > 0) load.arrive(load.smallRate, () => this.#ask(load.anySmall()));
    await load.count(REST_MS, () => {
      centres.planFaults(plan.seconds * 1_000);
      this.#onlooker.begin?.(world, centres);
    });
    const { objects, databases, tally, provider } = world;
    for (let more = 0; more < BACKLOG.times && (await this.#lostOf(tally.expected)) > 0; more += 1) {
      await clock.runUntil(clock.elapsed() + BACKLOG.ms);
    }
    const [lost, lost_hits] = [await this.#lostOf(tally.expected), await this.#lostOf(tally.expectedHits)];
    return {
      plan,
      tally: tally.figures(),
      lines: meter.lines(),
      objects: [...objects.loads(), ...databases.loads()],
      databases: databases.figures(),
      isolate_load: centres.busyMs / (plan.seconds * 1_000 * centres.size),
      isolates: centres.size,
      cold_starts: centres.coldStarts,
      provider_calls: provider.calls,
      expected: [...tally.expected.values()].reduce((sum, ids) => sum + ids.size, 0),
      broken: { over_limit: provider.overLimit, overshoot_nanousd: this.#overshoot(), lost, lost_hits },
      events: clock.events,
    };
  }

  #ask(tenant: Tenant): void {
    const { clock, centres, meter, random, world } = this.#load;
    const place = this.#load.placeOf(tenant);
    const isolate = centres.isolateNear(place);
    const prompt = `p${tenant.prompts.draw(random)}`;
    const life = new RequestLife(isolate.life, tenant, prompt);
    const mayCache = random.chance(CACHEABLE);
    const number = (this.#asked += 1);
    const input = mayCache ? `shared ${tenant.inputs.draw(random)}` : `own ${number}`;
    const request = requestOf(tenant.id, prompt, input, mayCache);
    const began = clock.elapsed();
    const isCounted = meter.isOn;
    const sent = { tenant: tenant.id, place: place.name, at: began };
    if (isCounted) this.#onlooker.ask?.(number, sent);
    const note = (execution: Execution | undefined, error: string | null) => {
      if (execution) world.tally[execution.attempts > 0 ? "expect" : "expectHit"](tenant.id, execution.id);
      if (!isCounted) return;
      const source = error !== null || !execution ? null : (execution.cached ?? "call");
      const overhead_ms = clock.elapsed() - began - life.provider_ms;
      const { isLarge, weight } = tenant;
      const asked = { ...sent, isLarge, weight, error, source, mayCache, overhead_ms };
      world.tally.add(asked);
      this.#onlooker.note?.(number, asked);
    };
    if (!centres.isReachable(place)) return note(undefined, "unreachable");
    const work = async () => {
      await isolate.compute();
      await isolate.records.authenticate(tenant);
      await isolate.throttle(tenant.id);
      const timings = startTimings(() => clock.now());
      return (await isolate.execute.run(request, timings)).execution;
    };
    clock.within(life, work).then(
      (execution) => note(execution, null),
      (thrown: unknown) => {
        if (thrown instanceof ExecutionFailed) return note(thrown.execution, thrown.error.code);
        note(undefined, thrown instanceof AppError ? thrown.code : String(thrown));
      },
    );
  }

  /** What was billed beyond budgets, nano-dollars. */
  #overshoot(): number {
    const spent = this.#load.world.provider.spent();
    const { population } = this.#load.world;
    return [population.large, ...population.small].reduce((sum, { id, budgets }) => {
      const own = spent.filter(({ tenant }) => tenant === id);
      return budgets.reduce((total, { scope, daily_nanousd }) => {
        const under = scope === "tenant" ? own : own.filter(({ prompt }) => scope === `prompt:${prompt}`);
        const used = under.reduce((all, { nanousd }) => all + nanousd, 0);
        return total + Math.max(0, used - (daily_nanousd ?? Infinity));
      }, sum);
    }, 0);
  }

  /** Executions that are not on record, neither with their end nor as `unknown`. */
  async #lostOf(expected: IdsByTenant): Promise<number> {
    let lost = 0;
    for (const [tenantId, ids] of expected) {
      for (const [share, some] of Map.groupBy(ids, shareOf)) {
        lost += some.length - (await this.#load.world.objects.ledger(tenantId, share).recorded(some)).size;
      }
    }
    return lost;
  }
}
