import { percentile } from "../harness/numbers.ts";

/** A request as its client saw it. Times in ms. */
export interface Asked {
  tenant: string;
  /** Where its client is, and when it asked, elapsed ms. */
  place: string;
  at: number;
  isLarge: boolean;
  /** How many requests it stands for. */
  weight: number;
  /** Null where there was no error. */
  error: string | null;
  /** Where the answer came from: a tier, a flight, or a call; null where there is none. */
  source: string | null;
  mayCache: boolean;
  /** What it took beside its calls to providers. */
  overhead_ms: number;
}

/** Overhead of executions that called a provider, ms. */
export interface Overhead {
  count: number;
  p50: number;
  p99: number;
}

/** What came of the requests that are counted, in numbers. */
export interface TallyFigures {
  /** How many requests were counted, and how many they stand for. */
  counted: number;
  weighted: number;
  overhead: Record<"large" | "small", Overhead>;
  /** Errors by code, as shares of all requests. */
  errors: ReadonlyMap<string, number>;
  /** Where answers to cacheable requests came from, as shares of them. */
  hits: ReadonlyMap<string, number>;
  /** Where the records of API keys came from, as shares. */
  record_tiers: ReadonlyMap<string, number>;
  /** What services reported, by event. */
  faults: ReadonlyMap<string, number>;
}

/** Ids of executions by their tenant. */
export type IdsByTenant = ReadonlyMap<string, ReadonlySet<string>>;

function addTo(sets: Map<string, Set<string>>, name: string, id: string): void {
  const ids = sets.get(name) ?? new Set();
  ids.add(id);
  sets.set(name, ids);
}

/** What came of the requests that are counted, one by one. */
export class ScaleTally {
  readonly #asked: Asked[] = [];
  readonly #faults = new Map<string, number>();
  readonly #tiers = new Map<string, number>();
  /** Executions without a call, whose records may be cut off with their isolate. */
  readonly #hits = new Map<string, Set<string>>();
  /** Executions that must be on record, by tenant. */
  readonly #expected = new Map<string, Set<string>>();

  add(asked: Asked): void {
    this.#asked.push(asked);
  }

  addFault(event: string): void {
    this.#faults.set(event, (this.#faults.get(event) ?? 0) + 1);
  }

  addTier(tier: string): void {
    this.#tiers.set(tier, (this.#tiers.get(tier) ?? 0) + 1);
  }

  /** An execution whose record must not be lost: its intent is durable, or it was paid for. */
  expect(tenantId: string, id: string): void {
    addTo(this.#expected, tenantId, id);
  }

  /**
   * An answered execution that called nobody. It has no intent, so that an isolate that ends within
   * a moment of its reply takes its record along (ADR 0031).
   */
  expectHit(tenantId: string, id: string): void {
    addTo(this.#hits, tenantId, id);
  }

  /** The executions that must be on record, by tenant. */
  get expected(): IdsByTenant {
    return this.#expected;
  }

  /** Those that called nobody. */
  get expectedHits(): IdsByTenant {
    return this.#hits;
  }

  figures(): TallyFigures {
    return {
      ...this.#executions(),
      overhead: { large: this.#overhead(true), small: this.#overhead(false) },
      errors: this.#errors(),
      hits: this.#shareOfHits(),
      record_tiers: this.#recordTiers(),
      faults: this.#faults,
    };
  }

  #executions(): { counted: number; weighted: number } {
    return { counted: this.#asked.length, weighted: this.#asked.reduce((sum, { weight }) => sum + weight, 0) };
  }

  #errors(): Map<string, number> {
    const { weighted } = this.#executions();
    const found = new Map<string, number>();
    for (const { error, weight } of this.#asked) {
      if (error !== null) found.set(error, (found.get(error) ?? 0) + weight / weighted);
    }
    return found;
  }

  #overhead(isLarge: boolean): Overhead {
    const times = this.#asked
      .filter((asked) => asked.isLarge === isLarge && asked.source === "call")
      .map(({ overhead_ms }) => overhead_ms);
    return { count: times.length, p50: percentile(times, 50), p99: percentile(times, 99) };
  }

  #shareOfHits(): Map<string, number> {
    const cacheable = this.#asked.filter(({ mayCache, source }) => mayCache && source !== null);
    const all = cacheable.reduce((sum, { weight }) => sum + weight, 0);
    const found = new Map<string, number>();
    for (const { source, weight } of cacheable) {
      if (source !== null) found.set(source, (found.get(source) ?? 0) + weight / all);
    }
    return found;
  }

  #recordTiers(): Map<string, number> {
    const all = [...this.#tiers.values()].reduce((sum, count) => sum + count, 0);
    return new Map([...this.#tiers].map(([tier, count]) => [tier, count / all]));
  }
}
