import { assignBuckets, bucketOf, FIRST_SHARDS } from "../../src/domain/shard.ts";
import { percentile } from "../harness/numbers.ts";
import { DatabaseShard } from "./database-shard.ts";
import type { Ground, SiteLoad } from "./object-site.ts";
import { type Place, PLACES } from "./places.ts";

/** The kinds of databases in the figures: those that take writes, and their copies in regions. */
export const DATABASES = ["D1 primary", "D1 replica"] as const;

/** What was asked of the databases while figures were counted, and what must not have happened. */
export interface DatabaseFigures {
  /** Queries of primaries and of replicas, weighted. */
  primary: number;
  replica: number;
  writes: number;
  /** How long reads took for their isolates, ms. */
  primary_ms: { p50: number; p99: number };
  replica_ms: { p50: number; p99: number };
  /** How far replicas were behind when they took over a write, ms. */
  lag_ms: { p50: number; p99: number };
  /** Answers of replicas from a state that the primary had left before the allowed lag. */
  beyond_lag: number;
  /** Reads by callers that did not see what they themselves had written. */
  missed_own: number;
  own_reads: number;
  /** Copies that were served though they were older than their bound. */
  too_old: number;
}

/** How the databases are laid out. */
export interface DatabasesShape {
  shards: number;
  max_lag_ms: number;
  /** A planted fault: replicas answer whatever state a session asks for. */
  careless_replicas?: boolean;
}

/** The D1 shards behind the real map of buckets: primaries in one place, replicas in six regions. */
export class Databases {
  readonly names: readonly string[];
  readonly maxLagMs: number;
  readonly #owners: number[];
  readonly #shards: ReadonlyMap<string, DatabaseShard>;
  readonly #found = { beyond_lag: 0, missed_own: 0, own_reads: 0, too_old: 0 };

  constructor(ground: Ground, { shards, max_lag_ms, careless_replicas = false }: DatabasesShape) {
    const [home] = PLACES;
    if (!home) throw new Error("a world without places");
    this.names = Array.from({ length: shards }, (_, index) => FIRST_SHARDS[index] ?? `DB_SHARD_${index}`);
    this.maxLagMs = max_lag_ms;
    this.#owners = assignBuckets(this.names);
    const rules = { maxLagMs: max_lag_ms, isCareless: careless_replicas, onLate: () => this.note("beyond_lag") };
    this.#shards = new Map(this.names.map((name) => [name, new DatabaseShard(ground, name, home, rules)]));
  }

  /** The shard of what is kept under a text. */
  shardOf(text: string): string {
    return this.names[this.#owners[bucketOf(text)] ?? 0] ?? "";
  }

  /** A shard as the isolates of a place are bound to it. */
  binding(shard: string, from: Place): D1Database {
    return this.#shard(shard).binding(from);
  }

  /** The version of a row at a time, elapsed ms; 1 before anything was written. */
  versionAt(shard: string, key: string, at: number): number {
    return this.#shard(shard).versionAt(key, at);
  }

  /** Notes something that must not happen, or that it was looked for. */
  note(what: "beyond_lag" | "missed_own" | "own_reads" | "too_old"): void {
    this.#found[what] += 1;
  }

  /** How busy each primary and each replica was. */
  loads(): SiteLoad[] {
    return [...this.#shards.values()].flatMap((shard) => shard.loads());
  }

  figures(): DatabaseFigures {
    const all = [...this.#shards.values()];
    const sum = (of: (shard: DatabaseShard) => number) => all.reduce((total, shard) => total + of(shard), 0);
    const spread = (of: (shard: DatabaseShard) => readonly number[]) => {
      const times = all.flatMap(of);
      return { p50: percentile(times, 50), p99: percentile(times, 99) };
    };
    return {
      primary: sum(({ counts }) => counts.primary),
      replica: sum(({ counts }) => counts.replica),
      writes: sum(({ counts }) => counts.writes),
      primary_ms: spread(({ times }) => times.primary),
      replica_ms: spread(({ times }) => times.replica),
      lag_ms: spread(({ times }) => times.lag),
      ...this.#found,
    };
  }

  /** Notes how a caller's read of what it wrote went. */
  noteOwnRead(read: number, written: number): void {
    this.note("own_reads");
    if (read < written) this.note("missed_own");
  }

  #shard(name: string): DatabaseShard {
    const shard = this.#shards.get(name);
    if (!shard) throw new Error(`no shard ${name}`);
    return shard;
  }
}
