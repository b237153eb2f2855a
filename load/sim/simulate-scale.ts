import { AppError } from "../../src/domain/errors.ts";
import type { Execution } from "../../src/domain/executions/execution.ts";
import { startTimings } from "../../src/domain/executions/timings.ts";
import { shareOf } from "../../src/domain/ledger/shares.ts";
import { ExecutionFailed } from "../../src/services/executions/execute-result.ts";
import { type Line, Meter } from "../bill/meter.ts";
import { createRandom } from "../proofs/gate-sim/random.ts";
import { WorldClock } from "../proofs/world/world-clock.ts";
import { requestOf } from "./prompts.ts";
import { DataCentres } from "./data-centres.ts";
import type { DatabaseFigures } from "./databases.ts";
import { keptBefore } from "./kept-before.ts";
import type { SiteLoad } from "./object-site.ts";
import { Population, type Tenant } from "./population.ts";
import { RequestLife } from "./scale-provider.ts";
import type { PlantedFaults } from "./scale-objects.ts";
import type { ScalePlan } from "./scale-plan.ts";
import { PublishedPrompts } from "./published-prompts.ts";
import { ScaleIsolate } from "./scale-isolate.ts";
import type { Asked, IdsByTenant, TallyFigures } from "./scale-tally.ts";
import { ScaleWorld } from "./scale-world.ts";
import { platformTimes } from "./service-times.ts";

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
  const clock = new WorldClock();
  const restore = clock.install(createRandom(seed + 1_000_003));
  try {
    return await new ScaleRun({ plan, seed, planted, onlooker }, clock).run();
  } finally {
    restore();
  }
}

/** What is simulated, and who looks on. */
interface RunInput {
  plan: ScalePlan;
  seed: number;
  planted: PlantedFaults;
  onlooker: Onlooker;
}

class ScaleRun {
  readonly #plan: ScalePlan;
  readonly #clock: WorldClock;
  readonly #random: ReturnType<typeof createRandom>;
  readonly #meter = new Meter();
  readonly #world: ScaleWorld;
  readonly #centres: DataCentres<ScaleIsolate>;
  readonly #onlooker: Onlooker;
  #isOpen = true;
  #asked = 0;

  constructor({ plan, seed, planted, onlooker }: RunInput, clock: WorldClock) {
    this.#plan = plan;
    this.#onlooker = onlooker;
    this.#clock = clock;
    this.#random = createRandom(seed);
    const times = platformTimes();
    const ground = { clock, random: this.#random, meter: this.#meter, times };
    const world = new ScaleWorld(ground, new Population(plan, this.#random, times), planted, {
      ...plan,
      kept: keptBefore,
    });
    this.#world = world;
    this.#centres = new DataCentres(world, plan, (name, place) => new ScaleIsolate(world, name, place));
  }

  async run(): Promise<ScaleFigures> {
    const { warm_s, seconds } = this.#plan;
    const { large, small } = this.#world.population;
    this.#arrive(large.rate, () => large);
    const rate = small.reduce((sum, each) => sum + each.rate, 0);
    const any = () => small[Math.floor(this.#random.between(0, small.length))] ?? large;
    if (rate > 0) this.#arrive(rate, any);
    const publishing = new PublishedPrompts(this.#world, (place) => this.#centres.isolateNear(place));
    publishing.begin({
      rate: large.rate + rate,
      every: this.#plan.publish_every,
      tenantOf: () => (this.#random.chance(large.rate / (large.rate + rate)) ? large : any()),
    });
    await this.#clock.runUntil(warm_s * 1_000);
    this.#meter.isOn = true;
    this.#centres.planFaults(seconds * 1_000);
    this.#onlooker.begin?.(this.#world, this.#centres);
    await this.#clock.runUntil((warm_s + seconds) * 1_000);
    this.#meter.isOn = false;
    this.#isOpen = false;
    publishing.end();
    await this.#clock.runUntil(this.#clock.elapsed() + REST_MS);
    const { objects, databases, tally, provider } = this.#world;
    for (let more = 0; more < BACKLOG.times && (await this.#lostOf(tally.expected)) > 0; more += 1) {
      await this.#clock.runUntil(this.#clock.elapsed() + BACKLOG.ms);
    }
    const [lost, lost_hits] = [await this.#lostOf(tally.expected), await this.#lostOf(tally.expectedHits)];
    return {
      plan: this.#plan,
      tally: tally.figures(),
      lines: this.#meter.lines(),
      objects: [...objects.loads(), ...databases.loads()],
      databases: databases.figures(),
      isolate_load: this.#centres.busyMs / (seconds * 1_000 * this.#centres.size),
      isolates: this.#centres.size,
      cold_starts: this.#centres.coldStarts,
      provider_calls: provider.calls,
      expected: [...tally.expected.values()].reduce((sum, ids) => sum + ids.size, 0),
      broken: { over_limit: provider.overLimit, overshoot_nanousd: this.#overshoot(), lost, lost_hits },
      events: this.#clock.events,
    };
  }

  /** Requests come at random, `rate` a ms. */
  #arrive(rate: number, tenantOf: () => Tenant): void {
    this.#clock.in(undefined, this.#random.exponential(rate), () => {
      if (!this.#isOpen) return;
      this.#ask(tenantOf());
      this.#arrive(rate, tenantOf);
    });
  }

  #ask(tenant: Tenant): void {
    const { population } = this.#world;
    const place = tenant.isLarge ? population.place(this.#random) : tenant.home;
    const isolate = this.#centres.isolateNear(place);
    const prompt = `p${tenant.prompts.draw(this.#random)}`;
    const life = new RequestLife(isolate.life, tenant, prompt);
    const mayCache = this.#random.chance(CACHEABLE);
    const number = (this.#asked += 1);
    const input = mayCache ? `shared ${tenant.inputs.draw(this.#random)}` : `own ${number}`;
    const request = requestOf(tenant.id, prompt, input, mayCache);
    const began = this.#clock.elapsed();
    const isCounted = this.#meter.isOn;
    const sent = { tenant: tenant.id, place: place.name, at: began };
    if (isCounted) this.#onlooker.ask?.(number, sent);
    const note = (execution: Execution | undefined, error: string | null) => {
      if (execution) this.#world.tally[execution.attempts > 0 ? "expect" : "expectHit"](tenant.id, execution.id);
      if (!isCounted) return;
      const source = error !== null || !execution ? null : (execution.cached ?? "call");
      const overhead_ms = this.#clock.elapsed() - began - life.provider_ms;
      const { isLarge, weight } = tenant;
      const asked = { ...sent, isLarge, weight, error, source, mayCache, overhead_ms };
      this.#world.tally.add(asked);
      this.#onlooker.note?.(number, asked);
    };
    if (!this.#centres.isReachable(place)) return note(undefined, "unreachable");
    const work = async () => {
      await isolate.compute();
      await isolate.records.authenticate(tenant);
      await isolate.throttle(tenant.id);
      const timings = startTimings(() => this.#clock.now());
      return (await isolate.execute.run(request, timings)).execution;
    };
    this.#clock.within(life, work).then(
      (execution) => note(execution, null),
      (thrown: unknown) => {
        if (thrown instanceof ExecutionFailed) return note(thrown.execution, thrown.error.code);
        note(undefined, thrown instanceof AppError ? thrown.code : String(thrown));
      },
    );
  }

  /** What was billed beyond budgets, nano-dollars. */
  #overshoot(): number {
    const spent = this.#world.provider.spent();
    const { population } = this.#world;
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
        lost += some.length - (await this.#world.objects.ledger(tenantId, share).recorded(some)).size;
      }
    }
    return lost;
  }
}
