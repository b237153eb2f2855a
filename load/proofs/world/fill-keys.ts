import type { Isolate } from "./isolate.ts";
import type { Judge } from "./judge.ts";
import { keysOf } from "./provider-keys.ts";
import { makeFiller, MODELS, type Wish } from "./requests.ts";
import type { WorldClock } from "./world-clock.ts";
import type { WorldProvider } from "./world-provider.ts";

/** What filling the keys of a tenant needs of a world. */
interface FillDeps {
  clock: WorldClock;
  provider: WorldProvider;
  judge: Judge;
  isolates: readonly Isolate[];
  send: (isolate: Isolate, wish: Wish, name: string) => Promise<unknown>;
}

/** How long a burst may take until all slots of a key are in use, in ms. */
const FILL_MS = 15_000;
/** The gate never cuts a key's concurrency below this, however often its provider complains. */
const LEARNED_SLOTS = 4;

/** From one isolate, more calls than the keys of a tenant have slots: all slots must be used. */
export async function fillKeys({ clock, provider, judge, isolates, send }: FillDeps, tenant: string): Promise<void> {
  provider.isSlow = true;
  for (const [index, model] of MODELS.entries()) {
    const keys = keysOf(tenant, index === 0 ? "openai" : "anthropic");
    provider.forgetPeaks();
    const isFull = () => keys.every(({ name, max_concurrency }) => provider.peakOf(name) >= (max_concurrency ?? 0));
    const end = clock.elapsed() + FILL_MS;
    const offer = (number: number) => {
      const name = `fill-${tenant}-${index}-${number}`;
      // The other isolates keep their leases alive meanwhile.
      const isolate = isolates[number % 10 === 9 ? 1 + (index % (isolates.length - 1)) : 0];
      if (isolate && !isFull()) void send(isolate, makeFiller(tenant, name, model), name);
    };
    for (let number = 0; number < 40; number++) clock.in(undefined, number * 150, () => offer(number));
    await clock.runUntil(end, isFull);
    for (const { name, max_concurrency } of keys) {
      const used = provider.peakOf(name);
      const due = Math.min(max_concurrency ?? 0, provider.complained.has(name) ? LEARNED_SLOTS : Infinity);
      if (used >= due) continue;
      judge.accuse("slots", `${name} has ${max_concurrency} slots and only ${used} of them can be used`);
    }
    await clock.runUntil(clock.elapsed() + 70_000);
  }
}
