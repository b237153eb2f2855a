import { RequestLife } from "./scale-provider.ts";
import type { AnyIsolate } from "./data-centres.ts";
import type { IsolateRecords } from "./isolate-records.ts";
import type { Place } from "./places.ts";
import type { Tenant } from "./population.ts";
import type { ScaleWorld } from "./scale-world.ts";

/** How long a caller takes until it reads what it published, ms. Assumed. */
const CALLER_MS = 30;

/** An isolate with records. */
export interface Reader extends AnyIsolate {
  records: IsolateRecords;
}

/** Callers that publish versions of prompts, and read them at once, at any isolate of their place. */
export class PublishedPrompts {
  readonly #world: ScaleWorld;
  readonly #isolateNear: (place: Place) => Reader;
  #isOpen = true;

  constructor(world: ScaleWorld, isolateNear: (place: Place) => Reader) {
    this.#world = world;
    this.#isolateNear = isolateNear;
  }

  /** One in `every` of the requests, of which there are `rate` a ms; `tenantOf` draws a tenant. */
  begin(load: { rate: number; every: number; tenantOf: () => Tenant }): void {
    const { clock, random } = this.#world.ground;
    clock.in(undefined, random.exponential(load.rate / load.every), () => {
      if (!this.#isOpen) return;
      const tenant = load.tenantOf();
      // A caller whose isolate is lost, or whose database is full, gives up.
      this.#publish(tenant).catch(() => undefined);
      this.begin(load);
    });
  }

  end(): void {
    this.#isOpen = false;
  }

  async #publish(tenant: Tenant): Promise<void> {
    const { population, databases, ground } = this.#world;
    const { clock, random } = ground;
    const place = tenant.isLarge ? population.place(random) : tenant.home;
    const prompt = `p${tenant.prompts.draw(random)}`;
    const { version, token } = await this.#at(place, tenant, prompt, async ({ records }) =>
      records.publish(tenant.id, prompt),
    );
    await clock.sleep(CALLER_MS);
    const read = await this.#at(place, tenant, prompt, async ({ records }) => records.newest(tenant.id, prompt, token));
    databases.noteOwnRead(read, version);
  }

  async #at<T>(place: Place, tenant: Tenant, prompt: string, work: (at: Reader) => Promise<T>): Promise<T> {
    const isolate = this.#isolateNear(place);
    return this.#world.ground.clock.within(new RequestLife(isolate.life, tenant, prompt), async () => work(isolate));
  }
}
