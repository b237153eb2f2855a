import { describe, expect, it } from "vitest";
import { call, newKey, newTenant, ROOT_KEY } from "../support/api.ts";

describe("tenants and keys", () => {
  it("creates a tenant whose first key works at once", async () => {
    const reply = await call<{ tenant: { id: string; name: string }; key: { id: string; secret: string } }>(
      "POST",
      "/v1/tenants",
      { key: ROOT_KEY, json: { name: "acme" } },
    );
    expect(reply.status).toBe(201);
    expect(reply.json.tenant).toMatchObject({ id: expect.stringMatching(/^ten_/), name: "acme" });
    expect(reply.json.key.secret).toMatch(/^pbt_test_[0-9a-f]{32}_[0-9A-Za-z]{50}$/);
    expect((await call("GET", "/v1/prompts", { key: reply.json.key.secret })).status).toBe(200);
  });

  it("refuses a tenant in a jurisdiction, where the platform has none as the local engine does", async () => {
    const create = async (jurisdiction: string) =>
      call("POST", "/v1/tenants", { key: ROOT_KEY, json: { name: "acme", jurisdiction } });
    const [local, unknown] = [await create("eu"), await create("mars")];
    expect([local.status, local.text]).toEqual([422, expect.stringContaining('"path":"jurisdiction"')]);
    expect([unknown.status, unknown.text]).toEqual([422, expect.stringContaining('"path":"jurisdiction"')]);
  });

  it("accepts the key in x-api-key, too", async () => {
    const { key } = await newTenant();
    expect((await call("GET", "/v1/prompts", { headers: { "x-api-key": key } })).status).toBe(200);
  });

  it("lets the root key only create tenants", async () => {
    expect((await call("GET", "/v1/prompts", { key: ROOT_KEY })).status).toBe(403);
    expect((await call("POST", "/v1/keys", { key: ROOT_KEY, json: { name: "x", scopes: ["admin"] } })).status).toBe(
      403,
    );
  });

  it("lists keys without their secrets, newest first, page by page", async () => {
    const { key } = await newTenant();
    const more = [await newKey(key, ["prompts:read"]), await newKey(key, ["prompts:read"])];
    const first = await call<{ data: { id: string }[]; next_cursor: string }>("GET", "/v1/keys?limit=2", { key });
    expect(first.json.data).toHaveLength(2);
    expect(first.text).not.toContain('secret":');
    const rest = await call<{ data: { id: string }[]; next_cursor: string | null }>(
      "GET",
      `/v1/keys?limit=2&cursor=${first.json.next_cursor}`,
      { key },
    );
    expect(rest.json.next_cursor).toBeNull();
    const seen = [...first.json.data, ...rest.json.data].map((each) => each.id);
    expect(new Set(seen).size).toBe(3);
    expect(seen).toEqual(expect.arrayContaining(more.map((each) => each.id)));
  });

  it("refuses a revoked key from the moment of its revocation", async () => {
    const { key } = await newTenant();
    const other = await newKey(key, ["prompts:read"]);
    expect((await call("DELETE", `/v1/keys/${other.id}`, { key })).status).toBe(204);
    expect((await call("GET", "/v1/prompts", { key: other.key })).status).toBe(401);
    expect((await call("DELETE", `/v1/keys/${other.id}`, { key })).status).toBe(404);
  });

  it("accepts the old secret during the overlap of a rotation, and refuses it without an overlap", async () => {
    const { key } = await newTenant();
    const other = await newKey(key, ["prompts:read"]);
    const rotated = await call<{ secret: string }>("POST", `/v1/keys/${other.id}/rotate`, { key });
    expect(rotated.status).toBe(200);
    expect((await call("GET", "/v1/prompts", { key: other.key })).status).toBe(200);
    expect((await call("GET", "/v1/prompts", { key: rotated.json.secret })).status).toBe(200);
    await call("POST", `/v1/keys/${other.id}/rotate`, { key, json: { overlap_seconds: 0 } });
    expect((await call("GET", "/v1/prompts", { key: rotated.json.secret })).status).toBe(401);
  });

  it("keeps the secret in use where a rotation is asked for again within its overlap, but no longer", async () => {
    const { key } = await newTenant();
    const other = await newKey(key, ["prompts:read"]);
    const status = async (secret: string) => (await call("GET", "/v1/prompts", { key: secret })).status;
    const rotate = async (json?: object) =>
      (
        await call<{ secret: string; previous_secret_expires_at: string }>("POST", `/v1/keys/${other.id}/rotate`, {
          key,
          json,
        })
      ).json;
    const lost = await rotate({ overlap_seconds: 3600 });
    const again = await rotate();
    expect(await Promise.all([other.key, lost.secret, again.secret].map(status))).toEqual([200, 401, 200]);
    expect(again.previous_secret_expires_at).toBe(lost.previous_secret_expires_at);
    await rotate({ overlap_seconds: 0 });
    expect(await Promise.all([other.key, again.secret].map(status))).toEqual([401, 401]);
  });

  it("does not revoke the last key that can create keys", async () => {
    const { key } = await newTenant();
    const { json } = await call<{ data: { id: string }[] }>("GET", "/v1/keys", { key });
    const first = json.data[0]?.id;
    await newKey(key, ["prompts:read"]);
    const last = await call<{ code: string; detail: string }>("DELETE", `/v1/keys/${first}`, { key });
    expect([last.status, last.json.code]).toEqual([409, "conflict"]);
    expect((await call("GET", "/v1/keys", { key })).status).toBe(200);
    const second = await newKey(key, ["admin"]);
    expect((await call("DELETE", `/v1/keys/${first}`, { key })).status).toBe(204);
    expect((await call("GET", "/v1/keys", { key: second.key })).status).toBe(200);
  });

  it("counts no key that ends sooner among those that can create keys", async () => {
    const { key, keyId } = await newTenant();
    const inHours = (hours: number) => ({ expires_at: new Date(Date.now() + hours * 3_600_000).toISOString() });
    const remove = async (id: string, by: string) => (await call("DELETE", `/v1/keys/${id}`, { key: by })).status;
    const brief = await newKey(key, ["admin"], inHours(1));
    expect(await remove(keyId, key)).toBe(409);
    const longer = await newKey(key, ["admin"], inHours(2));
    expect(await remove(keyId, key)).toBe(409);
    const lasting = await newKey(key, ["admin"]);
    expect(await remove(keyId, key)).toBe(204);
    expect(await remove(lasting.id, lasting.key)).toBe(409);
    expect(await remove(longer.id, lasting.key)).toBe(204);
    expect(await remove(brief.id, lasting.key)).toBe(204);
  });

  it("creates no key that ends later or may spend more than the key that creates it", async () => {
    const { key } = await newTenant();
    const ends = new Date(Date.now() + 3_600_000).toISOString();
    const bounds = { expires_at: ends, daily_budget_usd: 5 };
    const json = { name: "bounded", scopes: ["admin"], ...bounds };
    const bounded = (await call<{ secret: string }>("POST", "/v1/keys", { key, json })).json.secret;
    const create = async (more: object) =>
      call<{ errors: { path: string }[] }>("POST", "/v1/keys", {
        key: bounded,
        json: { name: "child", scopes: ["prompts:read"], ...more },
      });
    const beyond = await create({ expires_at: new Date(Date.now() + 7_200_000).toISOString(), daily_budget_usd: 6 });
    expect(beyond.status).toBe(422);
    expect(beyond.json.errors.map((error) => error.path)).toEqual(["expires_at", "daily_budget_usd"]);
    expect((await create({})).json).toMatchObject({ ...bounds, monthly_budget_usd: null });
    expect((await create({ daily_budget_usd: 1 })).json).toMatchObject({ ...bounds, daily_budget_usd: 1 });
  });

  it("refuses an expiry in the past, and names every faulty field", async () => {
    const { key } = await newTenant();
    const reply = await call<{ code: string; errors: { path: string }[] }>("POST", "/v1/keys", {
      key,
      json: { name: "Not A Name", scopes: ["prompts:everything"], expires_at: "2020-01-01T00:00:00Z" },
    });
    expect(reply.status).toBe(422);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.json.errors.map((error) => error.path)).toEqual(expect.arrayContaining(["name", "scopes.0"]));
    const past = { name: "late", scopes: ["admin"], expires_at: "2020-01-01T00:00:00Z" };
    const late = await call<{ errors: { path: string }[] }>("POST", "/v1/keys", { key, json: past });
    expect(late.json.errors.map((error) => error.path)).toEqual(["expires_at"]);
  });
});

describe("provider keys", () => {
  it("stores a key encrypted and shows its last four characters", async () => {
    const { key } = await newTenant();
    const secret = "sk-canary-5up3rs3cr3t-9876";
    const put = await call("PUT", "/v1/providers/openai/keys/main", { key, json: { api_key: secret, rpm: 60 } });
    expect(put.status).toBe(201);
    const list = await call<{ data: unknown[] }>("GET", "/v1/providers/openai/keys", { key });
    expect(list.json.data).toEqual([expect.objectContaining({ name: "main", api_key: "…9876", rpm: 60, weight: 1 })]);
    expect(put.text + list.text).not.toContain("5up3rs3cr3t");
    const again = await call("PUT", "/v1/providers/openai/keys/main", { key, json: { api_key: "sk-another-1234" } });
    expect(again.status).toBe(200);
    expect((await call("DELETE", "/v1/providers/openai/keys/main", { key })).status).toBe(204);
    expect((await call("GET", "/v1/providers/openai/keys/main", { key })).status).toBe(404);
  });

  it("refuses unknown providers", async () => {
    const { key } = await newTenant();
    const reply = await call<{ errors: { path: string }[] }>("PUT", "/v1/providers/acme/keys/main", {
      key,
      json: { api_key: "sk-12345678" },
    });
    expect(reply.status).toBe(422);
    expect(reply.json.errors.map((error) => error.path)).toEqual(["provider"]);
  });
});
