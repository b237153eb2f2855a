import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { bucketOfPrompt, promptKey } from "../../src/domain/shard.ts";
import { type FolderQuery, listFolder } from "../../src/storage/prompts/prompt-folders.ts";
import { listPrompts } from "../../src/storage/prompts/prompt-list.ts";
import { prompts, promptTags } from "../../src/storage/schema.ts";
import { createShards, type Database, type Shards } from "../../src/storage/shards.ts";
import { decodeCursor } from "../../src/domain/page.ts";
import { countedShards } from "../support/counted-shards.ts";

const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
const SHARDS = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
const NAMES = [
  ..."a a-b a.b a/x a/y/1 a/y/2 a0 a_ ab ab/z b/c/d/e b/c/d/f b-c/d b/c b/cc b.c/d zebra".split(" "),
  ...Array.from({ length: 9 }, (_, n) => `many/${n % 3}/p${n}`),
];

async function insert(db: Database, tenant_id: string, names: readonly string[]): Promise<void> {
  const rows = names.map((name) => ({
    tenant_id,
    name,
    latest_version: 1,
    latest_hash: "h",
    created_at: 1,
    updated_at: 1,
    deleted_at: name === "a0" ? 1 : null,
  }));
  for (let at = 0; at < rows.length; at += 10) await db.insert(prompts).values(rows.slice(at, at + 10));
}

/** A tenant with {@link NAMES}, each on its shard. */
async function tenantWithNames(): Promise<string> {
  const tenant = newId("ten", 0);
  for (const name of NAMES) await insert(SHARDS.of(promptKey(tenant, name)), tenant, [name]);
  return tenant;
}

/** What a folder is expected to hold: names and prefixes in their order. */
function modelOf(prefix: string): string[] {
  const keys = NAMES.filter((name) => name.startsWith(prefix) && name !== "a0").map((name) => {
    const slash = name.indexOf("/", prefix.length);
    return slash < 0 ? name : name.slice(0, slash + 1);
  });
  return [...new Set(keys)].sort();
}

async function readAll(shards: Shards, tenant: string, query: FolderQuery): Promise<string[]> {
  const seen: string[] = [];
  for (let after = query.after; ;) {
    const page = await listFolder(shards, tenant, { ...query, after });
    const keys = [...page.data.map(({ name }) => name), ...page.prefixes].sort();
    expect(keys.length).toBeLessThanOrEqual(query.limit);
    seen.push(...keys);
    if (page.next_cursor === null) return seen;
    after = decodeCursor("prompts", page.next_cursor);
  }
}

describe("a folder of prompts", () => {
  it("has its prompts and the folders in it, once each and in order, whatever the pages", async () => {
    const tenant = await tenantWithNames();
    for (const prefix of ["", "a", "a/", "b/c/", "many/1/p", "none/"]) {
      for (const limit of [2, 200]) {
        expect([prefix, limit, await readAll(SHARDS, tenant, { prefix, limit })]).toEqual([
          prefix,
          limit,
          modelOf(prefix),
        ]);
      }
    }
    expect(await readAll(SHARDS, tenant, { limit: 3, after: "a/" })).toEqual(modelOf("").filter((key) => key > "a0"));
    expect(await readAll(SHARDS, newId("ten", 1), { limit: 3 })).toEqual([]);
  });

  it("is whole where a shard has rows that are another's: copies under way, or left behind", async () => {
    const tenant = await tenantWithNames();
    // Every shard gets a copy of what the next one has.
    const all = [...SHARDS.all];
    const ownerOf = (name: string) => SHARDS.nameOf(bucketOfPrompt({ tenant_id: tenant, name }));
    for (const [at, [shard]] of all.entries()) {
      const [, copies] = all[(at + 1) % all.length] ?? [];
      if (copies)
        await insert(
          copies,
          tenant,
          NAMES.filter((name) => ownerOf(name) === shard),
        );
    }
    const moving: Shards = {
      ...SHARDS,
      atOnce: async (read) =>
        Promise.all(all.map(async ([shard, db]) => read(db, (bucket) => SHARDS.nameOf(bucket) === shard))),
    };
    for (const limit of [1, 200]) {
      for (const prefix of ["", "many/"]) {
        expect([prefix, limit, await readAll(moving, tenant, { prefix, limit })]).toEqual([
          prefix,
          limit,
          modelOf(prefix),
        ]);
      }
    }
  });

  it("costs as many rows as it has entries, whatever its folders hold; a list reads no tags of others", async () => {
    const counted = countedShards();
    const tenant = newId("ten", 0);
    const [[name, plain] = []] = SHARDS.all;
    const shard = counted.shards.all.get(name ?? "");
    if (!shard || !plain) throw new Error("there is no shard");
    const names = Array.from({ length: 120 }, (_, n) => `${n % 3}/${n}`);
    await insert(plain, tenant, names);
    for (let at = 0; at < names.length; at += 30) {
      const rows = names.slice(at, at + 30).map((name) => ({ tenant_id: tenant, tag: "t", name }));
      await plain.insert(promptTags).values(rows);
    }
    const everywhere: Shards = {
      ...counted.shards,
      atOnce: async (read) => [await read(shard, () => true)],
    };
    await counted.count();
    const folders = await listFolder(everywhere, tenant, { limit: 50 });
    const { rows_read } = await counted.count();
    expect([folders.prefixes, rows_read < 20]).toEqual([["0/", "1/", "2/"], true]);
    await listPrompts(everywhere, tenant, { limit: 10 });
    expect((await counted.count()).rows_read).toBeLessThan(50);
  });
});
