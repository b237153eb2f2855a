import { percentile } from "../harness/numbers.ts";

/** A request as its client saw it. Times in ms. */
export interface Asked {
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

/** Ids of executions by their tenant. */
export type IdsByTenant = ReadonlyMap<string, ReadonlySet<string>>;

function addTo(sets: Map<string, Set<string>>, name: string, id: string): void {
  const ids = sets.get(name) ?? new Set();
  ids.add(id);
  sets.set(name, ids);
}

/** What came of the requests that are counted. */
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

  /** How many executions the counted requests stand for, and how many were counted. */
  executions(): { counted: number; weighted: number } {
    return { counted: this.#asked.length, weighted: this.#asked.reduce((sum, { weight }) => sum + weight, 0) };
  }

  /** Errors by code, as shares of all requests. */
  errors(): Map<string, number> {
    const { weighted } = this.executions();
    const found = new Map<string, number>();
    for (const { error, weight } of this.#asked) {
      if (error !== null) found.set(error, (found.get(error) ?? 0) + weight / weighted);
    }
    return found;
  }

  /** The overhead of answered calls, of the large tenant or the others. */
  overhead(isLarge: boolean): Overhead {
    const times = this.#asked
      .filter((asked) => asked.isLarge === isLarge && asked.source === "call")
      .map(({ overhead_ms }) => overhead_ms);
    return { count: times.length, p50: percentile(times, 50), p99: percentile(times, 99) };
  }

  /** Where answers to cacheable requests came from, as shares of them. */
  hits(): Map<string, number> {
    const cacheable = this.#asked.filter(({ mayCache, source }) => mayCache && source !== null);
    const all = cacheable.reduce((sum, { weight }) => sum + weight, 0);
    const found = new Map<string, number>();
    for (const { source, weight } of cacheable) {
      if (source !== null) found.set(source, (found.get(source) ?? 0) + weight / all);
    }
    return found;
  }

  /** Where the records of API keys came from, as shares. */
  recordTiers(): Map<string, number> {
    const all = [...this.#tiers.values()].reduce((sum, count) => sum + count, 0);
    return new Map([...this.#tiers].map(([tier, count]) => [tier, count / all]));
  }

  /** What services reported, by event. */
  faults(): ReadonlyMap<string, number> {
    return this.#faults;
  }
}
