import { describe, expect, it } from "vitest";
import { LocalD1 } from "../../../load/harness/local-d1.ts";
import { prompts } from "../../../src/storage/schema.ts";
import { bucketOf } from "../../../src/domain/shard.ts";
import { createShards } from "../../../src/storage/shards.ts";

const NAMES = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];

/** Shards with a prompt each, of which some do not answer, and those that a sweep went on without. */
function openShards(down: readonly string[]) {
  const passedOver: string[] = [];
  const databases = NAMES.map((name) => {
    const local = new LocalD1();
    local.exec(`insert into prompts (tenant_id, name, latest_version, latest_hash, created_at, updated_at)
      values ('t', '${name}', 1, '', 1, 1)`);
    const fail = async () => Promise.reject(new Error(`${name} is down`));
    const lost = { prepare: () => ({ bind: () => ({ raw: fail, all: fail }), raw: fail, all: fail }), batch: fail };
    return [name, (down.includes(name) ? lost : local) as unknown as D1Database] as const;
  });
  const onFault = (shard: string) => void passedOver.push(shard);
  return { shards: createShards(Object.fromEntries(databases), { onFault }), passedOver };
}

describe("a sweep over all shards", () => {
  const sweep = async (shards: ReturnType<typeof createShards>) =>
    shards.everywhere(
      async (db) => db.select({ name: prompts.name }).from(prompts),
      ({ name }) => bucketOf(`t/${name}`),
    );

  it("goes on without a shard that does not answer, and tells of it", async () => {
    const { shards, passedOver } = openShards(["DB_SHARD_2"]);
    const found = await sweep(shards);
    expect(found.map(({ name }) => name)).toEqual(["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_3"]);
    expect(passedOver).toEqual(["DB_SHARD_2"]);
  });

  it("fails where none answers", async () => {
    const { shards } = openShards(NAMES);
    await expect(sweep(shards)).rejects.toThrow("Failed query");
  });
});
