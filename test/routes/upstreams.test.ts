import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { call, newTenant } from "../support/api.ts";
import { COMPATIBLE, tenantWithUpstream } from "../support/upstream.ts";

const PATH = "/v1/providers/llm";
const UPSTREAM = { kind: "openai", base_url: COMPATIBLE };
const SECRET = "canary-5up3rs3cr3t";

describe("an upstream", () => {
  it("is stored, replaced, listed, read and deleted", async () => {
    const { key } = await newTenant();
    const first = await call("PUT", PATH, { key, json: { ...UPSTREAM, base_url: `${COMPATIBLE}/` } });
    const view = {
      name: "llm",
      kind: "openai",
      base_url: COMPATIBLE,
      headers: [],
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
    };
    expect([first.status, first.json]).toEqual([201, view]);
    const again = await call("PUT", PATH, { key, json: { ...UPSTREAM, kind: "anthropic" } });
    expect([again.status, again.json]).toEqual([200, { ...view, kind: "anthropic" }]);
    expect((await call("GET", PATH, { key })).json).toEqual(again.json);
    expect((await call("GET", "/v1/providers", { key })).json).toEqual({ data: [again.json], next_cursor: null });
    expect((await call("DELETE", PATH, { key })).status).toBe(204);
    expect((await call("DELETE", PATH, { key })).status).toBe(404);
    expect((await call("GET", "/v1/providers", { key })).json).toEqual({ data: [], next_cursor: null });
  });

  it("never shows the values of its headers, and stores them encrypted", async () => {
    const headers = { "X-Team": "search", "api-key": SECRET };
    const { id, key, put } = await tenantWithUpstream({ headers });
    expect(put.json).toMatchObject({ headers: ["api-key", "x-team"] });
    const shown =
      put.text + (await call("GET", PATH, { key })).text + (await call("GET", "/v1/providers", { key })).text;
    expect(shown).not.toContain(SECRET);
    const shards = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
    const stored = await Promise.all(
      shards.map(async (shard) => shard.prepare("select * from upstreams where tenant_id = ?").bind(id).all()),
    );
    const rows = stored.flatMap(({ results }) => results);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(SECRET);
  });

  it.each([
    ["base_url", { ...UPSTREAM, base_url: "https://not-allowed.example.com/v1" }],
    ["base_url", { ...UPSTREAM, base_url: "http://127.0.0.1:1/v1" }],
    ["base_url", { ...UPSTREAM, base_url: COMPATIBLE.replace("//", "//user:pass@") }],
    ["base_url", { ...UPSTREAM, base_url: `${COMPATIBLE}?api-version=1` }],
    ["base_url", { ...UPSTREAM, base_url: "llm" }],
    ["kind", { ...UPSTREAM, kind: "gemini" }],
    ["url", { ...UPSTREAM, url: "x" }],
    ["headers.host", { ...UPSTREAM, headers: { Host: "elsewhere.example.com" } }],
    ["headers.transfer-encoding", { ...UPSTREAM, headers: { "Transfer-Encoding": "chunked" } }],
    ["headers.x-a", { ...UPSTREAM, headers: { "x-a": "1\r\nhost: elsewhere.example.com" } }],
    ["headers.x a", { ...UPSTREAM, headers: { "x a": "1" } }],
    [
      "headers.x-0",
      { ...UPSTREAM, headers: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`x-${n}`, "1"])) },
    ],
  ])("is refused with a faulty `%s`", async (path, json) => {
    const { key } = await newTenant();
    const reply = await call("PUT", PATH, { key, json });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
    expect((await call("GET", "/v1/providers", { key })).json).toMatchObject({ data: [] });
  });

  it.each(["openai", "anthropic"])("cannot take the name %s, and is none", async (name) => {
    const { key } = await newTenant();
    const reply = await call("PUT", `/v1/providers/${name}`, { key, json: UPSTREAM });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path: "name" }] }]);
    expect((await call("GET", `/v1/providers/${name}`, { key })).status).toBe(404);
  });

  it("is one of twenty at most", async () => {
    const { key } = await newTenant();
    const put = async (name: string) => (await call("PUT", `/v1/providers/${name}`, { key, json: UPSTREAM })).status;
    for (let n = 0; n < 20; n++) expect(await put(`llm-${n}`)).toBe(201);
    expect([await put("one-more"), await put("llm-0")]).toEqual([409, 200]);
  });

  it("has keys and prices of its own, which go with it", async () => {
    const { key, setPrice, model } = await tenantWithUpstream();
    const path = `${PATH}/keys/main`;
    const put = await call("PUT", path, { key, json: { api_key: "sk-of-the-upstream", rpm: 60 } });
    expect([put.status, put.json]).toMatchObject([201, { provider: "llm", api_key: "…ream", rpm: 60 }]);
    const price = await setPrice();
    expect([price.status, price.json]).toMatchObject([201, { provider: "llm", model, source: "tenant", input: 3 }]);
    const applied = async () => call("GET", `/v1/prices?model=${encodeURIComponent(`llm/${model}`)}`, { key });
    expect((await applied()).json).toMatchObject({ data: [price.json] });
    await call("DELETE", PATH, { key });
    expect((await applied()).json).toMatchObject({ errors: [{ path: "model" }] });
    await call("PUT", PATH, { key, json: UPSTREAM });
    expect((await call("GET", `${PATH}/keys`, { key })).json).toMatchObject({ data: [] });
    expect((await applied()).json).toEqual({ data: [], next_cursor: null });
  });

  it("of another tenant looks like none: to read, to use and to give keys and prices to", async () => {
    await tenantWithUpstream();
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/p", { key, yaml: "name: p\ntemplate: hello\n" });
    const attempts = (name: string) =>
      [
        ["GET", `/v1/providers/${name}`, undefined],
        ["DELETE", `/v1/providers/${name}`, undefined],
        ["GET", `/v1/providers/${name}/keys`, undefined],
        ["GET", `/v1/providers/${name}/keys/main`, undefined],
        ["PUT", `/v1/providers/${name}/keys/main`, { api_key: "sk-12345678" }],
        ["PUT", `/v1/prices/${name}/m`, { input: 1, output: 2, per: "1M" }],
        ["GET", `/v1/prices?model=${name}/m`, undefined],
        ["POST", "/v1/executions", { prompt: "p", model: `${name}/m` }],
      ] as const;
    const answers = async (name: string) =>
      Promise.all(
        attempts(name).map(async ([method, path, json]) => {
          const { status, text } = await call(method, path, { key, json });
          return [method, status, text.replace(/"request_id":"[^"]*"/, "").replaceAll(`${name}/`, "")];
        }),
      );
    const foreign = await answers("llm");
    expect(foreign).toEqual(await answers("none"));
    expect(foreign.map(([, status]) => status)).toEqual([404, 404, 422, 422, 422, 422, 422, 422]);
  });
});
