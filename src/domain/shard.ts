import { md5Prefix } from "../lib/hash.ts";

/** The number of virtual buckets. It can never change, because ids carry their bucket. */
export const BUCKETS = 1024;

/**
 * The shards that own all buckets before anything moves, in every deployment. Shards that were
 * added own what moved to them.
 */
export const FIRST_SHARDS: readonly string[] = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];

/** The bucket of a key: the first ten bits of the MD5 of its text. */
export function bucketOf(key: string): number {
  return md5Prefix(key) >>> 22;
}

/** The key that places a prompt on a shard. */
export function promptKey(tenantId: string, name: string): string {
  return `${tenantId}/${name}`;
}

/** The bucket of a prompt's row, or of one that belongs to a prompt. */
export function bucketOfPrompt({ tenant_id, name }: { tenant_id: string; name: string }): number {
  return bucketOf(promptKey(tenant_id, name));
}

/** The bucket of a row that belongs to a tenant. */
export function bucketOfTenant({ tenant_id }: { tenant_id: string }): number {
  return bucketOf(tenant_id);
}

/**
 * The shard (by index) of each bucket, by rendezvous hashing: every bucket goes to the shard with
 * the highest score for it. A fifth shard beside four moves only the buckets that it wins, about 20
 * %; with `md5 % n` it would move 80 %.
 */
export function assignBuckets(shards: readonly string[]): number[] {
  if (shards.length === 0) throw new RangeError("a shard map needs at least one shard");
  const seeds = shards.map(md5Prefix);
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    let best = 0;
    let bestScore = -1;
    for (const [index, seed] of seeds.entries()) {
      const score = scoreOf(seed, bucket);
      if (score > bestScore) [best, bestScore] = [index, score];
    }
    return best;
  });
}

/**
 * The buckets that a shard should have of all, for a share of them: those for which its score is
 * highest. They come from every other shard alike.
 */
export function bucketsFor(shard: string, share: number): number[] {
  const seed = md5Prefix(shard);
  const ranked = Array.from({ length: BUCKETS }, (_, bucket) => ({ bucket, score: scoreOf(seed, bucket) }));
  ranked.sort((a, b) => b.score - a.score);
  return ranked.slice(0, Math.round(share * BUCKETS)).map(({ bucket }) => bucket);
}

/** How much a shard, by the hash of its name, wants a bucket. */
function scoreOf(seed: number, bucket: number): number {
  return mix(seed ^ Math.imul(bucket + 1, 0x9e3779b1));
}

/** MurmurHash3's 32-bit finaliser: every input bit affects every output bit. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
