import { percentile } from "../harness/numbers.ts";
import type { WorldClock } from "../proofs/world/world-clock.ts";
import type { DatabaseFigures } from "./databases.ts";
import { inWorldTime, LoadedWorld, type WorldInput } from "./loaded-world.ts";
import type { SiteLoad } from "./object-site.ts";
import type { Tenant } from "./population.ts";
import { RecordIsolate } from "./record-isolate.ts";
import type { PlantedFaults } from "./scale-objects.ts";
import type { ScalePlan } from "./scale-plan.ts";
import { RequestLife } from "./scale-provider.ts";

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
  return inWorldTime(seed, async (clock) => new RecordsRun({ plan, seed, planted }, clock).run());
}

class RecordsRun {
  readonly #load: LoadedWorld<RecordIsolate>;
  readonly #taken: number[] = [];
  #failed = 0;

  constructor(input: WorldInput, clock: WorldClock) {
    this.#load = new LoadedWorld(input, clock, (...of) => new RecordIsolate(...of));
  }

  async run(): Promise<RecordFigures> {
    const load = this.#load;
    load.arrive(load.rate, () => void this.#ask(load.anyTenant()));
    await load.count(REST_MS);
    const { databases } = load.world;
    return {
      plan: load.plan,
      requests: this.#taken.length,
      isolates: load.centres.size,
      resolve_ms: { p50: percentile(this.#taken, 50), p99: percentile(this.#taken, 99) },
      loads: databases.loads(),
      databases: databases.figures(),
      failed: this.#failed,
      events: load.clock.events,
    };
  }

  async #ask(tenant: Tenant): Promise<void> {
    const { clock, centres, meter, random } = this.#load;
    const { life, records } = centres.isolateNear(this.#load.placeOf(tenant));
    const name = `p${tenant.prompts.draw(random)}`;
    const began = clock.elapsed();
    const isCounted = meter.isOn;
    const work = async () => {
      await records.authenticate(tenant);
      await records.resolve(tenant.id, { name }, 0);
    };
    try {
      await clock.within(new RequestLife(life, tenant, name), work);
    } catch {
      if (isCounted) this.#failed += 1;
    }
    if (isCounted) this.#taken.push(clock.elapsed() - began);
  }
}
