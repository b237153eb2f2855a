import type { Budget } from "../../src/domain/budgets/budget.ts";
import type { ProviderKey } from "../../src/services/tenants/provider-keys.ts";
import type { Random } from "../proofs/gate-sim/random.ts";
import { type Place, PLACES, seasonOf } from "./places.ts";
import { LARGE_SHARE, type ScalePlan } from "./scale-plan.ts";
import { meanAnswerMs, type Times } from "./service-times.ts";

/** A simulated tenant. */
export interface Tenant {
  id: string;
  /** Where its objects are; small tenants have all of their users there. */
  home: Place;
  isLarge: boolean;
  /** Whether its gates have a branch in each place. */
  hasBranches: boolean;
  /** Simulated requests a ms. */
  rate: number;
  /** How many such tenants it stands for: what they share is used by all of them. */
  weight: number;
  /** For how many reads of a database one of its key's record stands, and one of a prompt's. */
  key_weight: number;
  prompt_weight: number;
  /** Its own objects have this many times the work: a part of it is not simulated. */
  slowness: number;
  prompts: Zipf;
  inputs: Zipf;
  keys: readonly Omit<ProviderKey, "configured_at">[];
  /** Calls at a time to a provider, over all keys. */
  concurrency: number;
  budgets: readonly Budget[];
}

/**
 * Draws ranks from 0, the n-th 1/n as often as the first; or only one in `every` of them, each as
 * often as the others allow.
 */
export class Zipf {
  readonly #sums: Float64Array;
  readonly #every: number;
  readonly #first: number;
  readonly #all: number;

  constructor(ranks: number, every = 1) {
    this.#every = every;
    this.#first = Math.floor(every / 2);
    this.#sums = new Float64Array(Math.ceil((ranks - this.#first) / every));
    let [sum, all] = [0, 0];
    for (let rank = 0; rank < ranks; rank++) all += 1 / (rank + 1);
    for (let at = 0; at < this.#sums.length; at++) this.#sums[at] = sum += 1 / (this.#first + at * every + 1);
    this.#all = all;
  }

  /** The ranks that may be drawn. */
  get ranks(): number[] {
    return Array.from(this.#sums, (_, at) => this.#first + at * this.#every);
  }

  /** The share of all draws that are of these ranks. */
  get covered(): number {
    return (this.#sums.at(-1) ?? 0) / this.#all;
  }

  /** How often a rank is drawn, of all draws. */
  shareOf(rank: number): number {
    return 1 / (rank + 1) / this.#all;
  }

  draw(random: Random): number {
    const wanted = random.unit() * (this.#sums.at(-1) ?? 0);
    let [low, high] = [0, this.#sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sums[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return this.#first + low * this.#every;
  }
}

/** Prompts and inputs that are asked for again, of the large tenant and of a small one. */
const LARGE = { prompts: new Zipf(1_000), inputs: new Zipf(1_000), keys: 10 };
const SMALL = { prompts: new Zipf(10), inputs: new Zipf(100) };
/** Tokens that a call reserves at most, about. */
const TOKENS = 1_200;
/** The deployment's settings, for tenants of usual size. */
const USUAL = { concurrency: 100, rpm: 600, tpm: 1_000_000, max_concurrency: 20 };
/** One small tenant in this number has provider keys with limits, and one a budget. */
const LIMITED_EVERY = 2;
const BUDGETED_EVERY = 10;
/** What a budget of the world allows a day, in nano-dollars: a few calls, so that some are refused. */
const TIGHT_NANOUSD = 1_000_000;
/** Budgets that are asked and not met. */
const AMPLE_NANOUSD = 1e15;

/** The tenants of a plan, and where their users ask. */
export class Population {
  readonly large: Tenant;
  readonly small: readonly Tenant[];
  readonly #places: readonly { place: Place; upTo: number }[];

  constructor(plan: ScalePlan, random: Random, times: Times) {
    const { per_s, users, hour, part, small, branches, headroom, only_records } = plan;
    let upTo = 0;
    this.#places = PLACES.map((place) => ({ place, upTo: (upTo += place.weight * seasonOf(place, hour)) }));
    const smallUsers = users * (1 - LARGE_SHARE);
    const rate = (per_s * (1 - LARGE_SHARE)) / 1_000 / smallUsers;
    this.small = Array.from({ length: small }, (_, index) => ({
      ...SMALL,
      id: `ten_${index}`,
      home: this.place(random),
      isLarge: false,
      hasBranches: false,
      rate,
      weight: smallUsers / small,
      key_weight: only_records ? smallUsers / small : 1,
      prompt_weight: only_records ? smallUsers / small : 1,
      slowness: 1,
      keys: index % LIMITED_EVERY === 0 ? keysOf(`ten_${index}`, 1, USUAL) : keysOf(`ten_${index}`, 1, null),
      concurrency: USUAL.concurrency,
      budgets: index % BUDGETED_EVERY === 0 ? [budgetOf("tenant", TIGHT_NANOUSD)] : [],
    }));
    const shape = { per_s: per_s * LARGE_SHARE * part, part, headroom, mean_s: meanAnswerMs(times) / 1_000 };
    const large = { ...largeTenant(shape, this.place(random)), hasBranches: branches };
    this.large = only_records ? withSomePrompts(large, Math.round(1 / part)) : large;
  }

  /** A user's place. */
  place(random: Random): Place {
    const wanted = random.unit() * (this.#places.at(-1)?.upTo ?? 0);
    const found = this.#places.find(({ upTo }) => upTo > wanted);
    if (!found) throw new Error("a world without places");
    return found.place;
  }
}

/**
 * The tenant with one prompt in `every`, each asked for as often as it is in the whole: so copies
 * that a data centre shares are as often too old as there.
 */
function withSomePrompts(tenant: Tenant, every: number): Tenant {
  const prompts = new Zipf(LARGE.prompts.ranks.length, every);
  return { ...tenant, prompts, rate: tenant.rate * every * prompts.covered, prompt_weight: every };
}

/** Requests a second and the part of them that is simulated; the mean time of a call, s. */
type LargeShape = Record<"per_s" | "part" | "headroom" | "mean_s", number>;

function largeTenant({ per_s, part, headroom, mean_s }: LargeShape, home: Place): Omit<Tenant, "hasBranches"> {
  const share = (headroom * per_s) / LARGE.keys;
  const limits = {
    rpm: Math.ceil(60 * share),
    tpm: Math.ceil(60 * share * TOKENS),
    max_concurrency: Math.ceil(1.5 * share * mean_s),
  };
  return {
    ...LARGE,
    id: "ten_large",
    home,
    isLarge: true,
    rate: per_s / 1_000,
    weight: 1 / part,
    key_weight: 1,
    prompt_weight: 1,
    slowness: 1 / part,
    keys: keysOf("ten_large", LARGE.keys, limits),
    concurrency: LARGE.keys * limits.max_concurrency,
    budgets: [budgetOf("tenant", AMPLE_NANOUSD), budgetOf("prompt:p3", TIGHT_NANOUSD)],
  };
}

function keysOf(tenant: string, count: number, limits: Limits | null): Omit<ProviderKey, "configured_at">[] {
  const none = { rpm: null, tpm: null, max_concurrency: null };
  return Array.from({ length: count }, (_, index) => {
    const name = `${tenant}-key${index}`;
    return { name, secret: name, version: 1, weight: 1, ...(limits ?? none) };
  });
}

/** The limits of one provider key. */
interface Limits {
  rpm: number;
  tpm: number;
  max_concurrency: number;
}

function budgetOf(scope: string, daily_nanousd: number): Budget {
  return { scope, daily_nanousd, monthly_nanousd: null, alerts: [] };
}
