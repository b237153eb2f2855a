import type { Random } from "../proofs/gate-sim/random.ts";
import { type Place, PLACES, rttMs, seasonOf } from "./places.ts";
import type { Life } from "../proofs/world/life.ts";
import { ISOLATES, type ScalePlan, SOURCE } from "./scale-plan.ts";
import type { ScaleWorld } from "./scale-world.ts";
import { DEPLOY_GRACE_MS, FAILOVER_MS, ISOLATE_IDLE_MS, REROUTE_MS } from "./service-times.ts";

/** A deploy reaches the isolates over this time, ms. */
const DEPLOY_OVER_MS = 10_000;
/** Between two evictions of objects, ms. */
const EVICT_EVERY_MS = 250;

/** What isolates have in common. */
export interface AnyIsolate {
  readonly life: Life;
  usedAt: number;
}

/** A data centre with its isolates. One that was not used, or not for long, is not there. */
interface Centre<Isolate> {
  place: Place;
  isolates: (Isolate | undefined)[];
  isLost: boolean;
  /** Elapsed ms from which on its users come to another one. */
  reroutedAt: number;
}

/** The data centres of the deployment, with as many isolates each as its share of the load needs. */
export class DataCentres<Isolate extends AnyIsolate> {
  readonly #world: ScaleWorld;
  readonly #random: Random;
  readonly #plan: ScalePlan;
  readonly #centres: readonly Centre<Isolate>[];
  readonly #start: (name: string, place: Place) => Isolate;
  #started = 0;
  #requests = 0;

  constructor(world: ScaleWorld, plan: ScalePlan, start: (name: string, place: Place) => Isolate) {
    this.#start = start;
    this.#world = world;
    this.#random = world.ground.random;
    this.#plan = plan;
    const shares = PLACES.map((place) => place.weight * seasonOf(place, plan.hour));
    const sum = shares.reduce((total, share) => total + share, 0);
    const isolates = ISOLATES * (plan.per_s / SOURCE.per_s) * plan.part;
    this.#centres = PLACES.map((place, index) => {
      const length = Math.max(1, Math.round((isolates * (shares[index] ?? 0)) / sum));
      return { place, isolates: Array.from({ length }), isLost: false, reroutedAt: 0 };
    });
  }

  /** Isolates that there may be. */
  get size(): number {
    return this.#centres.reduce((sum, { isolates }) => sum + isolates.length, 0);
  }

  /** Isolates that began while figures were counted. */
  get coldStarts(): number {
    return this.#started;
  }

  /** How long their threads were busy while figures were counted, ms. */
  get busyMs(): number {
    return this.#requests * this.#world.ground.times.isolate_cpu;
  }

  /** Any isolate of the nearest data centre that works. */
  isolateNear(place: Place): Isolate {
    const { clock, meter } = this.#world.ground;
    const centre = this.#nearest(place);
    const at = Math.floor(this.#random.between(0, centre.isolates.length));
    const known = centre.isolates[at];
    const isThere = known && clock.elapsed() - known.usedAt < ISOLATE_IDLE_MS;
    const isolate = isThere ? known : this.#start(this.#world.newId("isolate"), centre.place);
    if (meter.isOn) {
      this.#requests += 1;
      if (!isThere) this.#started += 1;
    }
    isolate.usedAt = clock.elapsed();
    centre.isolates[at] = isolate;
    return isolate;
  }

  /** Whether the network sends a place's users to a data centre that works. */
  isReachable(place: Place): boolean {
    const own = this.#centres.find((centre) => centre.place === place);
    return !own?.isLost || own.reroutedAt <= this.#world.ground.clock.elapsed();
  }

  /** The largest data centre. */
  largest(): Place {
    const [first] = this.#centres.toSorted((a, b) => b.isolates.length - a.isolates.length);
    if (!first) throw new Error("a world without data centres");
    return first.place;
  }

  /** A data centre is gone for a while: its isolates for good, its objects until then. */
  goDown(place: Place, ms: number): void {
    const { clock } = this.#world.ground;
    const centre = this.#end(place);
    if (!centre) return;
    centre.reroutedAt = clock.elapsed() + REROUTE_MS;
    this.#world.objects.leave(place, place, ms);
    clock.in(undefined, ms, () => {
      centre.isLost = false;
      centre.isolates = Array.from({ length: centre.isolates.length });
    });
  }

  /** Plans what goes wrong within `ms` from now. */
  planFaults(ms: number): void {
    const { clock } = this.#world.ground;
    const { faults } = this.#plan;
    if (faults.includes("deploy")) clock.in(undefined, 0.15 * ms, () => this.#deploy());
    if (faults.includes("place_lost")) clock.in(undefined, 0.6 * ms, () => this.#lose());
    if (!faults.includes("evictions")) return;
    const until = clock.elapsed() + ms;
    const evict = () => {
      this.#world.objects.evictOne();
      if (clock.elapsed() < until) clock.in(undefined, EVICT_EVERY_MS, evict);
    };
    clock.in(undefined, EVICT_EVERY_MS, evict);
  }

  /** New isolates take the place of all, which may end what they have begun. */
  #deploy(): void {
    const { clock } = this.#world.ground;
    for (const { isolates } of this.#centres) {
      for (const at of isolates.keys()) {
        clock.in(undefined, this.#random.between(0, DEPLOY_OVER_MS), () => {
          const old = isolates[at];
          isolates[at] = undefined;
          if (old) clock.in(undefined, DEPLOY_GRACE_MS, () => old.life.end());
        });
      }
    }
  }

  /** The largest data centre is lost: its isolates at once, its objects for a while. */
  #lose(): void {
    const centre = this.#end(this.largest());
    if (centre) this.#world.objects.leave(centre.place, this.#nearest(centre.place).place, FAILOVER_MS);
  }

  #end(place: Place): Centre<Isolate> | undefined {
    const centre = this.#centres.find((each) => each.place === place);
    if (!centre) return undefined;
    centre.isLost = true;
    for (const isolate of centre.isolates) isolate?.life.end();
    this.#world.edgeOf(place).clear();
    return centre;
  }

  #nearest(place: Place): Centre<Isolate> {
    const own = this.#centres.find((centre) => centre.place === place && !centre.isLost);
    if (own) return own;
    const [next] = this.#centres
      .filter(({ isLost }) => !isLost)
      .toSorted((a, b) => rttMs(place, a.place) - rttMs(place, b.place));
    if (!next) throw new Error("a world without data centres");
    return next;
  }
}
