import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignBuckets, BUCKETS, bucketOf, promptKey } from "../../src/domain/shard.ts";

const four = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];

describe("placement", () => {
  it("takes the bucket from the first ten bits of the key's MD5", () => {
    fc.assert(
      fc.property(fc.string(), (key) => {
        const bits = BigInt(`0x${createHash("md5").update(key, "utf8").digest("hex")}`) >> 118n;
        expect(bucketOf(key)).toBe(Number(bits));
      }),
      { seed: 1 },
    );
  });

  it("spreads buckets and prompts evenly", () => {
    const owners = assignBuckets(four);
    const share = four.map((_, shard) => owners.filter((owner) => owner === shard).length / BUCKETS);
    expect(Math.min(...share)).toBeGreaterThan(0.2);
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 10_000; index++) {
      const owner = owners[bucketOf(promptKey("ten_1", `prompt-${index}`))] ?? -1;
      counts[owner] = (counts[owner] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(2_000);
  });

  it("moves only about a fifth of the buckets to a fifth shard", () => {
    const before = assignBuckets(four);
    const after = assignBuckets([...four, "DB_SHARD_4"]);
    const moved = after.filter((owner, bucket) => owner !== before[bucket]);
    expect(moved.every((owner) => owner === 4)).toBe(true);
    expect(moved.length / BUCKETS).toBeGreaterThan(0.15);
    expect(moved.length / BUCKETS).toBeLessThan(0.25);
  });

  it("does not depend on the order of the shards", () => {
    const names = (shards: string[]) => assignBuckets(shards).map((owner) => shards[owner]);
    expect(names(four.toReversed())).toEqual(names(four));
  });

  it("refuses an empty map", () => {
    expect(() => assignBuckets([])).toThrow(RangeError);
  });
});
