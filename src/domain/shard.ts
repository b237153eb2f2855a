import { md5Prefix } from "../lib/hash.ts";

/** How many virtual buckets keys fall into. Fixed for ever: ids carry their bucket. */
export const BUCKETS = 1024;

/** The bucket of a key: the first ten bits of its MD5. */
export function bucketOf(key: string): number {
  return md5Prefix(key) >>> 22;
}

/** The key under which a prompt is placed. */
export function promptKey(tenantId: string, name: string): string {
  return `${tenantId}/${name}`;
}

/**
 * Which shard holds each bucket, by rendezvous hashing: every bucket goes to the shard with the highest score for it, so adding a fifth
 * shard to four moves only the buckets that the fifth wins (about 20 %), where `md5 % n` would move 80 %.
 */
export function assignBuckets(shards: readonly string[]): number[] {
  if (shards.length === 0) throw new RangeError("a shard map needs at least one shard");
  const seeds = shards.map((shard) => md5Prefix(shard));
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    let best = 0;
    let bestScore = -1;
    for (const [index, seed] of seeds.entries()) {
      const score = mix(seed ^ Math.imul(bucket + 1, 0x9e3779b1));
      if (score > bestScore) [best, bestScore] = [index, score];
    }
    return best;
  });
}

/** MurmurHash3's 32-bit finaliser: every input bit moves every output bit. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
