import { LANE_RULES } from "../../../src/domain/gate/lanes.ts";
import type { AdmitCall } from "../../../src/services/gate/admission.ts";
import type { ProviderKey } from "../../../src/services/tenants/provider-keys.ts";
import type { Isolate } from "./isolate.ts";
import type { Judge } from "./judge.ts";
import type { ReadKeys } from "./provider-keys.ts";
import { makeFiller, MODELS, type Wish } from "./requests.ts";
import type { WorldClock } from "./world-clock.ts";
import type { WorldProvider } from "./world-provider.ts";

/** What filling the keys of a tenant needs of a world. */
interface FillDeps {
  clock: WorldClock;
  provider: WorldProvider;
  judge: Judge;
  isolates: readonly Isolate[];
  keysFor: ReadKeys;
  send: (isolate: Isolate, wish: Wish, name: string) => Promise<unknown>;
}

/** A lease ends this long after its longest call: its life, and the way to the provider. In ms. */
const SLOT_MARGIN_MS = 40_000;
/** How long a burst may take until all slots of a key are in use, in ms. */
const FILL_MS = 15_000;
/** The gate never cuts a key's concurrency below this, however often its provider complains. */
const LEARNED_SLOTS = 4;

/** How long a call that is admitted now can hold a slot at most, in ms. */
export function longestHoldOf({ hold_ms, lane }: Pick<AdmitCall, "hold_ms" | "lane">): number {
  return (hold_ms ?? LANE_RULES[lane].timeout_ms) + SLOT_MARGIN_MS;
}

/**
 * From one isolate, more calls than the keys of a tenant have slots: all slots must be used. Of
 * keys without limits one lease may be enough, so together they must take as many calls as a key
 * whose concurrency the gate cut.
 */
export async function fillKeys(deps: FillDeps, tenant: string): Promise<void> {
  const { clock, provider, judge, isolates, send } = deps;
  provider.isSlow = true;
  for (const [index, model] of MODELS.entries()) {
    const pools = poolsOf(deps.keysFor(tenant, index === 0 ? "openai" : "anthropic", 0));
    provider.forgetPeaks();
    const usedOf = ({ names }: Pool) => names.reduce((sum, name) => sum + provider.peakOf(name), 0);
    const isFull = () => pools.every((pool) => usedOf(pool) >= pool.slots);
    const end = clock.elapsed() + FILL_MS;
    const offer = (number: number) => {
      const name = `fill-${tenant}-${index}-${number}`;
      // The other isolates keep their leases alive meanwhile.
      const isolate = isolates[number % 10 === 9 ? 1 + (index % (isolates.length - 1)) : 0];
      if (isolate && !isFull()) void send(isolate, makeFiller(tenant, name, model), name);
    };
    for (let number = 0; number < 40; number++) clock.in(undefined, number * 150, () => offer(number));
    await clock.runUntil(end, isFull);
    for (const pool of pools) {
      const { names, slots } = pool;
      const due = Math.min(slots, names.some((name) => provider.complained.has(name)) ? LEARNED_SLOTS : Infinity);
      if (usedOf(pool) >= due) continue;
      judge.accuse("slots", `${names.join(" ")} has ${slots} slots and only ${usedOf(pool)} of them can be used`);
    }
    await clock.runUntil(clock.elapsed() + 70_000);
  }
}

/** Keys that must take as many calls at a time together. */
interface Pool {
  names: string[];
  slots: number;
}

function poolsOf(keys: readonly ProviderKey[]): Pool[] {
  const limited = keys.flatMap(({ name, max_concurrency: slots }) =>
    slots === null ? [] : [{ names: [name], slots }],
  );
  const names = keys.filter(({ max_concurrency }) => max_concurrency === null).map(({ name }) => name);
  return names.length === 0 ? limited : [...limited, { names, slots: LEARNED_SLOTS }];
}
