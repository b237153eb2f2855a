import { percentile } from "../harness/numbers.ts";
import type { Place } from "./places.ts";
import type { Tenant } from "./population.ts";
import type { ScaleObjects } from "./scale-objects.ts";
import type { DataCentres } from "./data-centres.ts";
import type { ScaleIsolate } from "./scale-isolate.ts";
import type { Outage, ScalePlan } from "./scale-plan.ts";
import type { Asked } from "./scale-tally.ts";
import type { ScaleWorld } from "./scale-world.ts";
import { REROUTE_MS } from "./service-times.ts";
import { type Broken, simulateScale } from "./simulate-scale.ts";

/** Whose requests: what is lost, in relation to their tenant and their users. */
export const GROUPS = ["large, users there", "large, users elsewhere", "small, all there", "small, elsewhere"] as const;
/** When: before the loss, until the network knows of it, until all is back, and afterwards. */
export const PHASES = ["before", "until rerouted", "gone", "afterwards"] as const;

/** What clients saw of requests that they sent in a phase. */
export interface Seen {
  sent: number;
  answered: number;
  /** Requests whose isolate was lost: their connection broke. */
  cut: number;
  errors: ReadonlyMap<string, number>;
  p50: number;
  p99: number;
}

/** What an outage did. Times in seconds after it began; null where it was never so. */
export interface FailoverFigures {
  plan: ScalePlan;
  lost: string;
  seen: ReadonlyMap<string, Seen>;
  /** Slots that the root had lent to the branch there when it was lost. */
  lent: number;
  /** When the root had half of them back, and all. */
  half_back_s: number | null;
  back_s: number | null;
  /** From when on the large tenant's users elsewhere, and there, are answered as before. */
  elsewhere_as_before_s: number | null;
  there_as_before_s: number | null;
  /** How long after the return of what was lost all of its users are answered as before. */
  returned_as_before_s: number | null;
  over_limit: number;
  broken: Broken;
  events: number;
}

const PROVIDER = "openai";
/** How often the root's leases are looked at, ms, and for how long at most, s. */
const LOOK_EVERY_MS = 100;
const LONGEST_S = 600;
/** Answers are compared over this time, and are as before with this part of them, ms. */
const WINDOW_MS = 5_000;
const AS_BEFORE = 0.98;
/** How long after the return it is compared, ms: the last requests of a plan may not end in it. */
const WATCHED_MS = 50_000;

/** A request as its client sees it; without an outcome its connection broke. */
interface Sent {
  tenant: string;
  place: string;
  at: number;
  outcome?: Asked;
}

/** Simulates a plan with an outage, and looks at it from all sides. */
export async function simulateFailover(plan: ScalePlan, seed: number): Promise<FailoverFigures> {
  const { outage } = plan;
  if (!outage) throw new Error(`${plan.name} has no outage`);
  const sent = new Map<number, Sent>();
  const watch = new LentWatch(outage);
  const { broken, events } = await simulateScale(
    plan,
    seed,
    {},
    {
      begin: (world, centres) => watch.begin(world, centres),
      ask: (number, request) => sent.set(number, request),
      note: (number, outcome) => {
        const request = sent.get(number);
        if (request) request.outcome = outcome;
      },
    },
  );
  const { lostAt, lost, homes } = watch;
  const all = [...sent.values()].map((request) => ({ ...request, group: groupOf(request, lost, homes) }));
  const seen = [...Map.groupBy(all, ({ at, group }) => `${group}/${phaseOf(at - lostAt, outage)}`)];
  const lastsMs = 1_000 * outage.lasts_s;
  const ofLarge = (name: string) => all.filter(({ group }) => group.startsWith("large") && group.endsWith(name));
  const whileGone = (name: string) => asBeforeAt(ofLarge(name), lostAt, { from: 0, to: lastsMs });
  const afterwards = { from: lastsMs, to: lastsMs + WATCHED_MS };
  return {
    plan,
    lost,
    seen: new Map(seen.map(([name, some]) => [name, seenOf(some)])),
    ...watch.figures(),
    elsewhere_as_before_s: whileGone("elsewhere"),
    there_as_before_s: whileGone("there"),
    returned_as_before_s: asBeforeAt(ofLarge(""), lostAt, afterwards),
    over_limit: broken.over_limit,
    broken,
    events,
  };
}

/** Takes the data centre down, and looks at what the root has lent to the branch there. */
class LentWatch {
  readonly #outage: Outage;
  lost = "";
  lostAt = 0;
  /** Homes of the small tenants, by id. */
  homes: ReadonlyMap<string, string> = new Map();
  #lent = 0;
  #half: number | null = null;
  #back: number | null = null;

  constructor(outage: Outage) {
    this.#outage = outage;
  }

  begin(world: ScaleWorld, centres: DataCentres<ScaleIsolate>): void {
    const { clock } = world.ground;
    const { large, small } = world.population;
    const place = this.#outage.lost === "root" ? large.home : placeOfMost(world.objects, large);
    this.lost = place.name;
    this.homes = new Map(small.map(({ id, home }) => [id, home.name]));
    this.lostAt = clock.elapsed() + 1_000 * this.#outage.from_s;
    const leases = () => world.objects.lentToBranches(large.id, PROVIDER, place);
    let lost: readonly string[] = [];
    const look = () => {
      const now = leases();
      const left = lost.reduce((sum, id) => sum + (now.get(id) ?? 0), 0);
      const since = (clock.elapsed() - this.lostAt) / 1_000;
      if (left <= this.#lent / 2) this.#half ??= since;
      if (left === 0) this.#back ??= since;
      if (this.#back === null && since < LONGEST_S) clock.in(undefined, LOOK_EVERY_MS, look);
    };
    clock.in(undefined, 1_000 * this.#outage.from_s, () => {
      const all = leases();
      lost = [...all.keys()];
      this.#lent = [...all.values()].reduce((sum, slots) => sum + slots, 0);
      centres.goDown(place, 1_000 * this.#outage.lasts_s);
      look();
    });
  }

  figures(): Pick<FailoverFigures, "lent" | "half_back_s" | "back_s"> {
    return { lent: this.#lent, half_back_s: this.#half, back_s: this.#back };
  }
}

/** Where most of a tenant's branches are, its home apart. */
function placeOfMost(objects: ScaleObjects, { id, home }: Tenant): Place {
  const places = objects.placesOfBranches(id, PROVIDER).filter((place) => place !== home);
  const [most] = [...Map.groupBy(places, (place) => place)].toSorted(([, a], [, b]) => b.length - a.length);
  if (!most) throw new Error("a tenant without branches");
  return most[0];
}

function groupOf({ tenant, place }: Sent, lost: string, homes: ReadonlyMap<string, string>): (typeof GROUPS)[number] {
  const home = homes.get(tenant);
  if (home === undefined) return place === lost ? "large, users there" : "large, users elsewhere";
  return home === lost ? "small, all there" : "small, elsewhere";
}

function phaseOf(since: number, { lasts_s }: Outage): (typeof PHASES)[number] {
  if (since < 0) return "before";
  if (since < REROUTE_MS) return "until rerouted";
  return since < 1_000 * lasts_s ? "gone" : "afterwards";
}

function seenOf(sent: readonly Sent[]): Seen {
  const outcomes = sent.flatMap(({ outcome }) => outcome ?? []);
  const answered = outcomes.filter(({ error }) => error === null);
  const errors = Map.groupBy(
    outcomes.flatMap(({ error }) => error ?? []),
    (error) => error,
  );
  const times = answered.map(({ overhead_ms }) => overhead_ms);
  return {
    sent: sent.length,
    answered: answered.length,
    cut: sent.length - outcomes.length,
    errors: new Map([...errors].map(([error, some]) => [error, some.length])),
    p50: percentile(times, 50),
    p99: percentile(times, 99),
  };
}

/**
 * When, in seconds from the beginning of a time, the share of answers in a window is what it was
 * before the loss, and stays so until its end. The time is in ms after the loss.
 */
function asBeforeAt(sent: readonly Sent[], lostAt: number, time: Record<"from" | "to", number>): number | null {
  const shareOf = (from: number, to: number) => {
    const some = sent.filter(({ at }) => at >= from && at < to);
    return some.filter(({ outcome }) => outcome?.error === null).length / Math.max(1, some.length);
  };
  const least = AS_BEFORE * shareOf(-Infinity, lostAt);
  let since: number | null = null;
  for (let { from } = time; from < time.to; from += WINDOW_MS) {
    const isAsBefore = shareOf(lostAt + from, lostAt + from + WINDOW_MS) >= least;
    since = isAsBefore ? (since ?? (from - time.from) / 1_000) : null;
  }
  return since;
}
