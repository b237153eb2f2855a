import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { servicesOf } from "../../src/deps/services.ts";
import { createShards } from "../../src/storage/shards.ts";
import { AliasRepository } from "../../src/storage/prompts/aliases.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { shards } from "../support/shards.ts";

interface View {
  alias: string;
  prompt: string;
  version?: number;
  label?: string;
  created_at: string;
  updated_at: string;
}

interface List {
  data: View[];
  next_cursor: string | null;
}

const MOST = 10_000;
const pathOf = (alias: string) => `/v1/aliases/${encodeURIComponent(alias)}`;

/** A tenant with two versions of `greet`, the first of which is labelled `beta`. */
async function tenantWithPrompt() {
  const tenant = await newTenant();
  const { key } = tenant;
  for (const text of ["one", "two"]) {
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", `description: ${text}\n`) });
  }
  await call("PUT", "/v1/prompts/greet/labels/beta", { key, json: { version: 1 } });
  const put = async (alias: string, json: object) => call<View>("PUT", pathOf(alias), { key, json });
  return { ...tenant, put };
}

/** Fills a tenant's aliases up to this number. */
async function fill(tenantId: string, count: number): Promise<void> {
  await shards
    .of(tenantId)
    .$client.prepare(
      `with recursive n (at) as (select 1 union all select at + 1 from n where at < ?2)
       insert into prompt_aliases select ?1, 'filled ' || at, 'greet', null, null, 1, 1 from n`,
    )
    .bind(tenantId, count)
    .run();
}

/** The shards, of which each transaction notes how many rows it read. */
function meteredShards() {
  const reads: number[] = [];
  const metered = (database: D1Database): D1Database =>
    new Proxy(database, {
      get(of, name) {
        if (name !== "batch") return (Reflect.get(of, name) as () => unknown).bind(of);
        return async (statements: D1PreparedStatement[]) => {
          const results = await of.batch(statements);
          reads.push(results.reduce((sum, { meta }) => sum + meta.rows_read, 0));
          return results;
        };
      },
    });
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const named = Object.entries({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
  return { reads, databases: Object.fromEntries(named.map(([name, database]) => [name, metered(database)])) };
}

describe("aliases", () => {
  it("are set, replaced, read, listed and deleted", async () => {
    const { key, put } = await tenantWithPrompt();
    const first = await put("pmpt_1", { prompt: "greet" });
    expect([first.status, first.json]).toMatchObject([201, { alias: "pmpt_1", prompt: "greet" }]);
    expect(Object.keys(first.json)).toEqual(["alias", "prompt", "created_at", "updated_at"]);
    const second = await put("pmpt_1", { prompt: "greet", label: "beta" });
    expect([second.status, second.json]).toMatchObject([200, { label: "beta", created_at: first.json.created_at }]);
    const third = await put("pmpt_1", { prompt: "greet", version: 2 });
    expect([third.status, third.json.version, third.json.label]).toEqual([200, 2, undefined]);
    expect((await put("pmpt_1", { prompt: "greet", version: 2 })).status).toBe(200);
    const read = await call<View>("GET", pathOf("pmpt_1"), { key });
    expect([read.status, read.json]).toMatchObject([200, { alias: "pmpt_1", prompt: "greet", version: 2 }]);
    expect((await call<List>("GET", "/v1/aliases", { key })).json).toEqual({ data: [read.json], next_cursor: null });
    expect((await call("DELETE", pathOf("pmpt_1"), { key })).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call(method, pathOf("pmpt_1"), { key })).status).toBe(404);
    expect((await call<List>("GET", "/v1/aliases", { key })).json.data).toEqual([]);
  });

  it("name the field whose prompt, version or label does not exist, and store nothing then", async () => {
    const { key, put } = await tenantWithPrompt();
    const other = await newTenant("other");
    await call("PUT", "/v1/prompts/foreign", { key: other.key, yaml: yamlPrompt("foreign") });
    const faults: [object, string][] = [
      [{ prompt: "none" }, "prompt"],
      [{ prompt: "foreign" }, "prompt"],
      [{ prompt: "Not a name" }, "prompt"],
      [{}, "prompt"],
      [{ prompt: "greet", version: 3 }, "version"],
      [{ prompt: "greet", version: 0 }, "version"],
      [{ prompt: "greet", label: "none" }, "label"],
      [{ prompt: "greet", label: "constructor" }, "label"],
      [{ prompt: "greet", label: "beta", version: 1 }, "label"],
      [{ prompt: "greet", name: "x" }, "name"],
    ];
    for (const [body, field] of faults) {
      const { status, json } = await put("pmpt_1", body);
      expect([body, status, json]).toMatchObject([body, 422, { errors: [{ path: field }] }]);
    }
    expect((await call<List>("GET", "/v1/aliases", { key })).json.data).toEqual([]);
    expect((await put("pmpt_1", { prompt: "greet", label: "latest" })).status).toBe(201);
  });

  it("are any text of up to 256 characters without control characters", async () => {
    const { key, put } = await tenantWithPrompt();
    const texts = ["a/b", "50% off + ?x=#1", "%2F", "%41", "a b", "ünï", "🙂".repeat(256), "...", "constructor"];
    for (const text of texts) {
      expect([text, (await put(text, { prompt: "greet" })).status]).toEqual([text, 201]);
      expect((await call<View>("GET", pathOf(text), { key })).json.alias).toBe(text);
    }
    for (const text of ["a\u0000", "a\nb", "\u007f", "\u0085", "x".repeat(257)]) {
      const { status, json } = await put(text, { prompt: "greet" });
      expect([text, status, json]).toMatchObject([text, 422, { errors: [{ path: "alias" }] }]);
    }
    for (const text of texts) expect((await call("DELETE", pathOf(text), { key })).status).toBe(204);
  });

  it("are listed by code points, each once, however the pages are cut", async () => {
    const { key, put } = await tenantWithPrompt();
    // In UTF-16 the last two would be the other way round.
    const sorted = ["A", "a", "a b", "b".repeat(256), "ä".repeat(256), "\uff5e", "🙂".repeat(256)];
    for (const text of sorted.toReversed()) expect((await put(text, { prompt: "greet" })).status).toBe(201);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: List = (await call<List>("GET", `/v1/aliases?limit=2&cursor=${cursor}`, { key })).json;
      seen.push(...page.data.map(({ alias }) => alias));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(sorted);
    const { next_cursor: ofPrompts } = (await call<List>("GET", "/v1/aliases?limit=1", { key })).json;
    expect((await call("GET", `/v1/prompts?cursor=${ofPrompts}`, { key })).status).toBe(422);
    expect((await call("GET", "/v1/aliases?cursor=%25", { key })).status).toBe(422);
  });

  it("are at most 10,000 of a tenant, for writers at the same time as well", async () => {
    const { id, key, put } = await tenantWithPrompt();
    await fill(id, MOST - 1);
    const both = await Promise.all(["x", "y"].map(async (alias) => put(alias, { prompt: "greet" })));
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([201, 409]));
    expect(both.find(({ status }) => status === 409)?.json).toMatchObject({ code: "conflict" });
    expect((await put("filled 7", { prompt: "greet", version: 1 })).status).toBe(200);
    expect((await put("z", { prompt: "greet" })).status).toBe(409);
    await call("DELETE", pathOf("filled 7"), { key });
    expect((await put("z", { prompt: "greet" })).status).toBe(201);
    const other = await tenantWithPrompt();
    expect((await other.put("z", { prompt: "greet" })).status).toBe(201);
  });

  it("of a deleted prompt stay, and mean the prompt again once it is published anew", async () => {
    const { id, key, put } = await tenantWithPrompt();
    await put("pmpt_1", { prompt: "greet" });
    await call("DELETE", "/v1/prompts/greet", { key });
    const { resolveAlias, resolvePrompt } = servicesOf({ ...env });
    const resolve = async () => resolvePrompt(id, (await resolveAlias(id, "pmpt_1")) ?? { name: "?" }, 0, true);
    await expect(resolve()).rejects.toMatchObject({ code: "not_found", detail: "No such prompt." });
    expect((await call<View>("GET", pathOf("pmpt_1"), { key })).json.prompt).toBe("greet");
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
    expect((await resolve()).row).toMatchObject({ name: "greet", version: 3 });
  });
});

describe("the limit of aliases", () => {
  it("counts a tenant's other aliases for a new one only", async () => {
    const { id } = await newTenant();
    await fill(id, 500);
    const { databases, reads } = meteredShards();
    const repository = new AliasRepository(createShards(databases));
    const row = { tenant_id: id, prompt: "greet", version: null, label: null, created_at: 2, updated_at: 2 };
    expect(await repository.put({ ...row, alias: "filled 9" }, MOST)).toMatchObject({ created: false });
    expect(await repository.put({ ...row, alias: "new" }, MOST)).toMatchObject({ created: true });
    // The guard of its bucket is one of them.
    expect(reads[0]).toBeLessThan(12);
    expect(reads[1]).toBeGreaterThan(500);
  });
});
