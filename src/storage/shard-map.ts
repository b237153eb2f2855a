import { assignBuckets, BUCKETS, FIRST_SHARDS } from "../domain/shard.ts";
import type { BucketGuard } from "./bucket-guards.ts";

/**
 * Where buckets are, as far as an isolate knows: at first where rendezvous hashing puts them, and
 * later where refusals say. It may be wrong at any time; the guards in the databases never are.
 */
export class ShardMap {
  readonly #databases: ReadonlyMap<string, D1Database>;
  readonly #owners: string[];
  readonly #guards = new Map<string, ReadonlyMap<number, BucketGuard>>();
  readonly #onMove: () => void;

  /** `onMove` is called once this map has learnt that a bucket has another shard. */
  constructor(databases: ReadonlyMap<string, D1Database>, onMove: () => void = () => undefined) {
    this.#databases = databases;
    this.#onMove = onMove;
    const first = FIRST_SHARDS.filter((name) => databases.has(name));
    this.#owners = assignBuckets(first).map((index) => first[index] ?? "");
  }

  ownerOf(bucket: number): string {
    const owner = this.#owners[bucket];
    if (owner === undefined) throw new RangeError(`no shard holds bucket ${bucket}`);
    return owner;
  }

  /** The shard of all these buckets; undefined where they have several. */
  ownerOfAll(buckets: readonly number[]): string | undefined {
    const [first, ...others] = buckets.map((bucket) => this.ownerOf(bucket));
    return others.every((other) => other === first) ? first : undefined;
  }

  /** Throws for a shard that this deployment does not have. */
  database(shard: string): D1Database {
    const database = this.#databases.get(shard);
    if (!database) throw new RangeError(`this deployment has no shard ${shard}`);
    return database;
  }

  /** Takes over what a shard says of buckets that it does not answer for. */
  learn(shard: string, guards: readonly BucketGuard[]): void {
    this.#guards.set(shard, new Map(guards.map((guard) => [guard.bucket, guard])));
    for (const { bucket, state, peer } of guards) {
      if (state !== "closed" && this.#owners[bucket] === shard) this.#move(bucket, peer);
    }
  }

  /** What a shard said last of a bucket; undefined where it said nothing. */
  guardOf(shard: string, bucket: number): BucketGuard | undefined {
    return this.#guards.get(shard)?.get(bucket);
  }

  /** Puts every bucket where the guards of all shards say. */
  settle(guards: ReadonlyMap<string, readonly BucketGuard[]>): void {
    for (const [shard, some] of guards) this.learn(shard, some);
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      // A bucket comes to its owner in fewer steps than there are shards.
      for (let step = 0; step < guards.size; step += 1) {
        const owner = this.ownerOf(bucket);
        const guard = this.guardOf(owner, bucket);
        if (!guard || guard.state === "closed") break;
        this.#move(bucket, guard.peer);
      }
    }
  }

  #move(bucket: number, shard: string): void {
    this.#owners[bucket] = shard;
    this.#onMove();
  }
}
