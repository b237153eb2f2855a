import { Meter } from "../bill/meter.ts";
import { percentile } from "../harness/numbers.ts";
import { createRandom } from "../proofs/gate-sim/random.ts";
import { WorldClock } from "../proofs/world/world-clock.ts";
import { DataCentres } from "./data-centres.ts";
import type { DatabaseFigures } from "./databases.ts";
import { keptBefore } from "./kept-before.ts";
import type { SiteLoad } from "./object-site.ts";
import { Population, type Tenant } from "./population.ts";
import { PublishedPrompts } from "./published-prompts.ts";
import { RecordIsolate } from "./record-isolate.ts";
import type { PlantedFaults } from "./scale-objects.ts";
import type { ScalePlan } from "./scale-plan.ts";
import { RequestLife } from "./scale-provider.ts";
import { ScaleWorld } from "./scale-world.ts";
import { platformTimes } from "./service-times.ts";

/** What the databases were asked for by the requests of a plan. */
export interface RecordFigures {
  plan: ScalePlan;
  requests: number;
  isolates: number;
  /** How long a request took until it had its records, ms. */
  resolve_ms: { p50: number; p99: number };
  loads: SiteLoad[];
  databases: DatabaseFigures;
  failed: number;
  events: number;
}

/** How long the world goes on without requests, ms. */
const REST_MS = 20_000;

/**
 * Simulates what the requests of a plan read from caches and databases, and nothing else of them:
 * so all of the large tenant's requests may be simulated, since its data centres share copies.
 */
export async function simulateRecords(
  plan: ScalePlan,
  seed: number,
  planted: PlantedFaults = {},
): Promise<RecordFigures> {
  const clock = new WorldClock();
  const restore = clock.install(createRandom(seed + 1_000_003));
  try {
    return await new RecordsRun(plan, clock, seed, planted).run();
  } finally {
    restore();
  }
}

class RecordsRun {
  readonly #plan: ScalePlan;
  readonly #clock: WorldClock;
  readonly #random: ReturnType<typeof createRandom>;
  readonly #meter = new Meter();
  readonly #world: ScaleWorld;
  readonly #centres: DataCentres<RecordIsolate>;
  readonly #taken: number[] = [];
  #failed = 0;
  #isOpen = true;

  constructor(plan: ScalePlan, clock: WorldClock, seed: number, planted: PlantedFaults) {
    this.#plan = plan;
    this.#clock = clock;
    this.#random = createRandom(seed);
    const times = platformTimes();
    const ground = { clock, random: this.#random, meter: this.#meter, times };
    const world = new ScaleWorld(ground, new Population(plan, this.#random, times), planted, {
      ...plan,
      kept: keptBefore,
    });
    this.#world = world;
    this.#centres = new DataCentres(world, plan, (name, place) => new RecordIsolate(world, name, place));
  }

  async run(): Promise<RecordFigures> {
    const { warm_s, seconds } = this.#plan;
    const { large, small } = this.#world.population;
    const ofSmall = small.reduce((sum, { rate }) => sum + rate, 0);
    const any = () => small[Math.floor(this.#random.between(0, small.length))] ?? large;
    const rate = large.rate + ofSmall;
    const tenantOf = () => (this.#random.chance(large.rate / rate) ? large : any());
    this.#arrive(rate, tenantOf);
    const publishing = new PublishedPrompts(this.#world, (place) => this.#centres.isolateNear(place));
    publishing.begin({ rate, every: this.#plan.publish_every, tenantOf });
    await this.#clock.runUntil(warm_s * 1_000);
    this.#meter.isOn = true;
    await this.#clock.runUntil((warm_s + seconds) * 1_000);
    this.#meter.isOn = false;
    this.#isOpen = false;
    publishing.end();
    await this.#clock.runUntil(this.#clock.elapsed() + REST_MS);
    const { databases } = this.#world;
    return {
      plan: this.#plan,
      requests: this.#taken.length,
      isolates: this.#centres.size,
      resolve_ms: { p50: percentile(this.#taken, 50), p99: percentile(this.#taken, 99) },
      loads: databases.loads(),
      databases: databases.figures(),
      failed: this.#failed,
      events: this.#clock.events,
    };
  }

  #arrive(rate: number, tenantOf: () => Tenant): void {
    this.#clock.in(undefined, this.#random.exponential(rate), () => {
      if (!this.#isOpen) return;
      void this.#ask(tenantOf());
      this.#arrive(rate, tenantOf);
    });
  }

  async #ask(tenant: Tenant): Promise<void> {
    const place = tenant.isLarge ? this.#world.population.place(this.#random) : tenant.home;
    const { life, records } = this.#centres.isolateNear(place);
    const name = `p${tenant.prompts.draw(this.#random)}`;
    const began = this.#clock.elapsed();
    const isCounted = this.#meter.isOn;
    const work = async () => {
      await records.authenticate(tenant);
      await records.resolve(tenant.id, { name }, 0);
    };
    try {
      await this.#clock.within(new RequestLife(life, tenant, name), work);
    } catch {
      if (isCounted) this.#failed += 1;
    }
    if (isCounted) this.#taken.push(this.#clock.elapsed() - began);
  }
}
