import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../../src/cache/memory.ts";
import { TieredRecordCache } from "../../../src/cache/records.ts";
import { tolerant } from "../../../src/cache/tier.ts";
import type { PromptPointer } from "../../../src/domain/prompts/label.ts";
import type { PromptReference } from "../../../src/domain/prompts/prompt-reference.ts";
import { deleteAlias, findAlias, putAlias } from "../../../src/services/prompts/manage-aliases.ts";
import { resolveAlias } from "../../../src/services/prompts/resolve-alias.ts";
import type { AliasRow } from "../../../src/storage/prompts/aliases.ts";
import { byteLength } from "../../../src/lib/encoding.ts";
import { ReadScope } from "../../../src/storage/read-scope.ts";
import { deferred, fakeTier } from "../../support/tiers.ts";

const STALENESS = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 };
const POINTER: PromptPointer = { latest_version: 2, cache_epoch: 0, labels: { beta: [{ version: 1, weight: 1 }] } };
const NAME = "pmpt_68b0";

/** The aliases of a database that can be down, and the prompts `one` and `two`. */
function database() {
  const rows = new Map<string, AliasRow>();
  const state = { down: false, reads: 0 };
  const keyOf = (tenantId: string, alias: string) => JSON.stringify([tenantId, alias]);
  const ask = () => {
    if (state.down) throw new Error("the shard is down");
  };
  const aliases = {
    async find(tenantId: string, alias: string) {
      state.reads++;
      ask();
      return rows.get(keyOf(tenantId, alias));
    },
    async put(row: AliasRow) {
      ask();
      const key = keyOf(row.tenant_id, row.alias);
      const created = !rows.has(key);
      rows.set(key, row);
      return { row, created };
    },
    async delete(tenantId: string, alias: string) {
      ask();
      return rows.delete(keyOf(tenantId, alias));
    },
  };
  const prompts = {
    pointer: async (_tenantId: string, name: string) => (["one", "two"].includes(name) ? POINTER : undefined),
  };
  const labels = {
    existing: async (_owner: object, wanted: readonly number[]) =>
      new Set(wanted.filter((version) => version <= POINTER.latest_version)),
  };
  return { state, aliases, prompts, labels };
}

/** A data centre over one database. `isolate()` begins an isolate with a memory of its own. */
function world() {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const { state, ...repositories } = database();
  const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
  const { defer, settle } = deferred();
  const forgiving = { timeoutMs: 1_000, onFault: () => undefined };
  const isolate = () => {
    const memory = createMemoryTier<never>({ entries: 100, bytes: 1 << 20 });
    const tiers = { memory, edge: tolerant(edge, forgiving), kv: tolerant(kv, forgiving) };
    const records = new TieredRecordCache({ ...tiers, now, random: () => 0, defer });
    const deps = { ...repositories, records, staleness: STALENESS, now };
    return {
      put: async (reference: PromptReference, alias = NAME) => putAlias(deps, "ten_a", { alias, reference }),
      remove: async () => deleteAlias(deps, "ten_a", NAME),
      find: async () => findAlias(deps, "ten_a", NAME),
      resolve: async (alias = NAME, tenantId = "ten_a") => resolveAlias(deps, tenantId, alias),
      revalidate: async () => resolveAlias(deps, "ten_a", NAME, true),
    };
  };
  return { clock, state, edge, kv, settle, isolate };
}

describe("an alias", () => {
  it("means what it was set to: a prompt alone, a version of it or a label", async () => {
    const { put, resolve } = world().isolate();
    for (const reference of [{ name: "one" }, { name: "one", version: 2 }, { name: "two", label: "beta" }]) {
      await put(reference);
      expect(await resolve()).toEqual(reference);
    }
  });

  it("is unknown to other tenants, and nothing else is an alias", async () => {
    const { put, resolve } = world().isolate();
    await put({ name: "one" });
    expect(await resolve(NAME, "ten_b")).toBeUndefined();
    expect(await resolve("one")).toBeUndefined();
  });

  it("asks no database for a text that cannot be one", async () => {
    const { state, isolate } = world();
    const { resolve } = isolate();
    for (const text of ["", "a\u0000b", "a\nb", "a\u0085b", "a\ud800b", "x".repeat(257)]) {
      expect(await resolve(text)).toBeUndefined();
    }
    expect(state.reads).toBe(0);
  });

  it("has a key of a record that KV and a URL take, whatever its text is", async () => {
    const { kv, settle, isolate } = world();
    const { put, resolve } = isolate();
    const texts = ["..", ".", "a/../b", "a?b#c", " ", "%2e", "🙂".repeat(256), "constructor"];
    for (const text of texts) await put({ name: "one" }, text);
    await settle();
    expect(kv.kept.size).toBe(texts.length);
    for (const key of kv.kept.keys()) expect(key).toMatch(/^alias\/ten_a\/[0-9a-f]{64}$/);
    expect(Math.max(...[...kv.kept.keys()].map(byteLength))).toBeLessThan(512);
    for (const text of texts) expect(await resolve(text)).toEqual({ name: "one" });
  });
});

describe("the staleness of an alias is that of a prompt's pointer", () => {
  it("a change is seen at once in its isolate, after freshMs behind a reply, and after boundMs everywhere", async () => {
    const { clock, settle, edge, isolate } = world();
    const [near, far, away] = [isolate(), isolate(), isolate()];
    await near.put({ name: "one" });
    await settle();
    for (const each of [far, away]) expect(await each.resolve()).toEqual({ name: "one" });
    await near.put({ name: "two" });
    expect(await near.resolve()).toEqual({ name: "two" });
    await settle();
    expect(await far.resolve()).toEqual({ name: "one" });
    clock.now += 5_001;
    expect(await far.resolve()).toEqual({ name: "one" });
    await settle();
    expect(await far.resolve()).toEqual({ name: "two" });
    edge.kept.clear();
    clock.now += 25_000;
    expect(await away.resolve()).toEqual({ name: "two" });
  });

  it("a deletion is seen at once in its isolate and within the bound elsewhere", async () => {
    const { clock, settle, isolate } = world();
    const [near, far] = [isolate(), isolate()];
    await near.put({ name: "one" });
    await far.resolve();
    await near.remove();
    await settle();
    expect(await near.resolve()).toBeUndefined();
    clock.now += 30_001;
    expect(await far.resolve()).toBeUndefined();
    await expect(near.remove()).rejects.toMatchObject({ status: 404 });
  });

  it("absence is remembered for freshMs and not longer", async () => {
    const { clock, state, settle, isolate } = world();
    const [near, far] = [isolate(), isolate()];
    for (let twice = 0; twice < 2; twice++) expect(await far.resolve()).toBeUndefined();
    expect(state.reads).toBe(1);
    await settle();
    await near.put({ name: "one" });
    clock.now += 5_001;
    expect(await far.resolve()).toEqual({ name: "one" });
  });

  it("a caller that revalidates sees a change at once, and so does a reader of the alias", async () => {
    const { isolate } = world();
    const [near, far] = [isolate(), isolate()];
    await near.put({ name: "one" });
    await far.resolve();
    await near.put({ name: "two" });
    const shown = new ReadScope({ mayLag: true, since: new Map() });
    expect(await shown.during(async () => far.resolve())).toEqual({ name: "two" });
    expect(await far.revalidate()).toEqual({ name: "two" });
    await near.put({ name: "one", version: 1 });
    expect(await far.find()).toMatchObject({ alias: NAME, prompt: "one", version: 1, label: null });
  });

  it("the last good copy stands in while the database is down, and a deleted alias does not", async () => {
    const { clock, state, settle, isolate } = world();
    const near = isolate();
    await near.put({ name: "one" });
    await settle();
    state.down = true;
    clock.now += 3_600_000;
    expect(await isolate().resolve()).toEqual({ name: "one" });
    await expect(near.put({ name: "two" })).rejects.toThrow("the shard is down");
    clock.now += 1;
    await expect(near.resolve()).rejects.toThrow("the shard is down");
    state.down = false;
    await near.remove();
    await settle();
    state.down = true;
    clock.now += 30_001;
    expect(await isolate().resolve()).toBeUndefined();
  });
});
