import { assignBuckets, bucketOf, promptKey } from "../../src/domain/shard.ts";
import { type Ground, ObjectSite } from "./object-site.ts";
import { type Place, PLACES } from "./places.ts";

/** The names of the shards, which decide what is on which, as in wrangler.toml. */
const NAMES = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];

/** How busy a shard was, ms of its thread. */
export interface ShardLoad {
  name: string;
  queries: number;
  busy_ms: number;
}

/** The D1 shards behind the real router: one thread each, in one data centre each. */
export class Databases {
  readonly #ground: Ground;
  readonly #owners = assignBuckets(NAMES);
  readonly #shards: { site: ObjectSite; load: ShardLoad }[];

  constructor(ground: Ground) {
    this.#ground = ground;
    const [home] = PLACES;
    if (!home) throw new Error("a world without places");
    this.#shards = NAMES.map((name) => ({
      site: new ObjectSite(ground, { className: "D1", name }, home),
      load: { name, queries: 0, busy_ms: 0 },
    }));
  }

  loads(): ShardLoad[] {
    return this.#shards.map(({ load }) => load);
  }

  /**
   * Reads what is kept under a prompt's key, or a tenant's. `weight` is the number of such tenants
   * that the one stands for: all of them use the thread.
   */
  async read<T>(from: Place, key: { tenantId: string; prompt?: string }, weight: number, value: T): Promise<T> {
    const { meter, times } = this.#ground;
    const bucket = bucketOf(key.prompt === undefined ? key.tenantId : promptKey(key.tenantId, key.prompt));
    const shard = this.#shards[this.#owners[bucket] ?? 0];
    if (!shard) throw new Error("a bucket without a shard");
    meter.add("d1 queries", shard.load.name, weight);
    meter.add("d1 rows read", shard.load.name, weight);
    if (meter.isOn) {
      shard.load.queries += weight;
      shard.load.busy_ms += weight * times.d1_query;
    }
    return shard.site.call(from, () => ({ reply: value, rows: 0, times: weight }));
  }
}
