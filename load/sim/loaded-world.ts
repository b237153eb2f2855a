import { Meter } from "../bill/meter.ts";
import { createRandom, type Random } from "../proofs/gate-sim/random.ts";
import { WorldClock } from "../proofs/world/world-clock.ts";
import { DataCentres } from "./data-centres.ts";
import { keptBefore } from "./kept-before.ts";
import type { Place } from "./places.ts";
import { Population, type Tenant } from "./population.ts";
import { PublishedPrompts, type Reader } from "./published-prompts.ts";
import type { PlantedFaults } from "./scale-objects.ts";
import type { ScalePlan } from "./scale-plan.ts";
import { ScaleWorld } from "./scale-world.ts";
import { platformTimes } from "./service-times.ts";

/** What decides everything in a simulated world. */
export interface WorldInput {
  plan: ScalePlan;
  seed: number;
  planted: PlantedFaults;
}

/** The deployment with isolates of one kind, and the load of a plan. */
export class LoadedWorld<Isolate extends Reader> {
  readonly plan: ScalePlan;
  readonly clock: WorldClock;
  readonly random: Random;
  readonly meter = new Meter();
  readonly world: ScaleWorld;
  readonly centres: DataCentres<Isolate>;
  /** Requests of all small tenants together, a ms. */
  readonly smallRate: number;
  #isOpen = true;

  constructor(
    { plan, seed, planted }: WorldInput,
    clock: WorldClock,
    start: (world: ScaleWorld, name: string, place: Place) => Isolate,
  ) {
    this.plan = plan;
    this.clock = clock;
    this.random = createRandom(seed);
    const times = platformTimes();
    const ground = { clock, random: this.random, meter: this.meter, times };
    const population = new Population(plan, this.random, times);
    const world = new ScaleWorld(ground, population, planted, { ...plan, kept: keptBefore });
    this.world = world;
    this.centres = new DataCentres(world, plan, (name, place) => start(world, name, place));
    this.smallRate = population.small.reduce((sum, { rate }) => sum + rate, 0);
  }

  /** Requests of all tenants together, a ms. */
  get rate(): number {
    return this.world.population.large.rate + this.smallRate;
  }

  /** Any small tenant; the large one where there is none. */
  anySmall(): Tenant {
    const { large, small } = this.world.population;
    return small[Math.floor(this.random.between(0, small.length))] ?? large;
  }

  /** The tenant of any request. */
  anyTenant(): Tenant {
    const { large } = this.world.population;
    return this.random.chance(large.rate / this.rate) ? large : this.anySmall();
  }

  /** Where a request of a tenant comes from. */
  placeOf(tenant: Tenant): Place {
    return tenant.isLarge ? this.world.population.place(this.random) : tenant.home;
  }

  /** Has requests come at random, `rate` a ms, until the end of {@link count}. */
  arrive(rate: number, ask: () => void): void {
    this.clock.in(undefined, this.random.exponential(rate), () => {
      if (!this.#isOpen) return;
      ask();
      this.arrive(rate, ask);
    });
  }

  /**
   * Has versions of prompts published, counts once it is warm, and goes on for `restMs` without
   * requests. `begin` is called when counting begins.
   */
  async count(restMs: number, begin: () => void = () => undefined): Promise<void> {
    const { warm_s, seconds, publish_every } = this.plan;
    const publishing = new PublishedPrompts(this.world, (place) => this.centres.isolateNear(place));
    publishing.begin({ rate: this.rate, every: publish_every, tenantOf: () => this.anyTenant() });
    await this.clock.runUntil(warm_s * 1_000);
    this.meter.isOn = true;
    begin();
    await this.clock.runUntil((warm_s + seconds) * 1_000);
    this.meter.isOn = false;
    this.#isOpen = false;
    publishing.end();
    await this.clock.runUntil(this.clock.elapsed() + restMs);
  }
}

/** Runs a world in the time of a clock of its own, instead of the timers of this process. */
export async function inWorldTime<T>(seed: number, run: (clock: WorldClock) => Promise<T>): Promise<T> {
  const clock = new WorldClock();
  const restore = clock.install(createRandom(seed + 1_000_003));
  try {
    return await run(clock);
  } finally {
    restore();
  }
}
