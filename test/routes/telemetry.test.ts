import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { SentRequest } from "../../load/mock/request-log.ts";
import { call, newKey, newTenant, yamlPrompt } from "../support/api.ts";
import { tenantWithUpstream } from "../support/upstream.ts";

const PATH = "/v1/telemetry";
const WANTED = { otlp_endpoint: "https://otel.example.com", sample: 0.25, content: false };
const SECRET = "canary-5up3rs3cr3t";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SHARDS = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];
const CALLER = `00-${TRACE}-b7ad6b7169203331-01`;

/** The newest calls that the mock was sent for a model. */
async function sentFor(model: string): Promise<SentRequest[]> {
  const reply = await fetch(`${env.MOCK_URL}/__mock/requests`);
  const { requests } = await reply.json<{ requests: SentRequest[] }>();
  return requests.filter(({ body }) => body?.includes(model));
}

describe("where a tenant's traces go", () => {
  it("is set, read, replaced and deleted", async () => {
    const { key } = await newTenant();
    expect((await call("GET", PATH, { key })).status).toBe(404);
    const first = await call("PUT", PATH, { key, json: WANTED });
    const time = expect.stringMatching(/Z$/);
    expect([first.status, first.json]).toEqual([201, { ...WANTED, headers: [], created_at: time, updated_at: time }]);
    const again = await call("PUT", PATH, { key, json: { ...WANTED, sample: 1, content: true } });
    expect([again.status, again.json]).toMatchObject([200, { sample: 1, content: true }]);
    expect((await call("GET", PATH, { key })).json).toEqual(again.json);
    expect((await call("DELETE", PATH, { key })).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call(method, PATH, { key })).status).toBe(404);
  });

  it("may be nowhere, where only content is recorded", async () => {
    const { key } = await newTenant();
    const put = await call("PUT", PATH, { key, json: { content: true } });
    expect([put.status, put.json]).toMatchObject([201, { otlp_endpoint: null, headers: [], sample: 0, content: true }]);
    expect((await call("GET", PATH, { key })).json).toEqual(put.json);
  });

  it("belongs to the tenant, and needs its administrator", async () => {
    const mine = await newTenant();
    const other = await newTenant();
    await call("PUT", PATH, { key: mine.key, json: WANTED });
    expect((await call("GET", PATH, { key: other.key })).status).toBe(404);
    const weak = await newKey(mine.key, ["executions:write", "usage:read"]);
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect((await call(method, PATH, { key: weak.key, json: method === "PUT" ? WANTED : undefined })).status).toBe(
        403,
      );
    }
    expect((await call("POST", PATH, { key: mine.key })).status).toBe(405);
  });

  it("names every fault of its body", async () => {
    const { key } = await newTenant();
    const faultsOf = async (json: object) => {
      const reply = await call<{ errors?: { path: string }[] }>("PUT", PATH, { key, json });
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    for (const otlp_endpoint of ["http://otel.example.com", "https://10.0.0.1", "https://otel.internal", "otel"]) {
      expect(await faultsOf({ ...WANTED, otlp_endpoint })).toEqual([422, "otlp_endpoint"]);
    }
    expect(await faultsOf({ ...WANTED, sample: 1.5 })).toEqual([422, "sample"]);
    expect(await faultsOf({ ...WANTED, headers: { Host: "x" } })).toEqual([422, "headers.host"]);
    expect(await faultsOf({ otlp_endpoint: WANTED.otlp_endpoint })).toEqual([422, "content"]);
    expect(await faultsOf({ otlp_endpoint: WANTED.otlp_endpoint, content: true })).toEqual([422, "sample"]);
    expect(await faultsOf({ content: true, sample: 1, headers: {} })).toEqual([422, "headers", "sample"]);
  });

  it("never shows the values of its headers, and stores them encrypted", async () => {
    const { id, key } = await newTenant();
    const headers = { "X-Team": "search", "api-key": SECRET };
    const put = await call("PUT", PATH, { key, json: { ...WANTED, headers } });
    expect(put.json).toMatchObject({ headers: ["api-key", "x-team"] });
    expect(put.text + (await call("GET", PATH, { key })).text).not.toContain(SECRET);
    const query = "select headers from tenant_telemetry where tenant_id = ?";
    const rows = await Promise.all(SHARDS.map(async (shard) => shard.prepare(query).bind(id).first()));
    const stored = rows.filter((row) => row !== null);
    expect(stored).toHaveLength(1);
    expect(JSON.stringify(stored)).not.toContain(SECRET);
  });
});

describe("the trace of a request", () => {
  it("goes on at the tenant's upstream: each call names the span of its attempt", async () => {
    const { key, model } = await tenantWithUpstream();
    const json = { prompt: "say", variables: { text: "x" } };
    const headers = { traceparent: CALLER, tracestate: "v=a" };
    const reply = await call("POST", "/v1/executions", { key, json, headers });
    const [, ours = ""] =
      /^00-0af7651916cd43dd8448eb211c80319c-([0-9a-f]{16})-01$/.exec(reply.headers.get("traceparent") ?? "") ?? [];
    const [sent] = await sentFor(model);
    expect(sent?.headers).toMatchObject({
      traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`)),
      tracestate: "v=a",
    });
    expect(ours).not.toBe("");
    expect(String(sent?.headers["traceparent"])).not.toContain(ours);
  });

  it("is named to webhooks that are told what the request changed", async () => {
    const { id, key } = await newTenant();
    const hook = { url: "https://hooks.example.com/x", events: ["prompt.published", "label.moved"] };
    await call("PUT", "/v1/webhooks/ops", { key, json: hook });
    const headers = { traceparent: CALLER };
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine"), headers });
    await call("PUT", "/v1/prompts/mine/labels/production", { key, json: { version: 1 }, headers });
    const query = "select traceparent from webhook_deliveries where tenant_id = ?";
    const found = await Promise.all(SHARDS.map(async (shard) => shard.prepare(query).bind(id).all()));
    const named = found.flatMap(({ results }) => results.map((row) => String(row["traceparent"])));
    expect(named).toHaveLength(2);
    for (const traceparent of named) expect(traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  });

  it("is named to webhooks that are told of the budget that its execution used up", async () => {
    const { id, key } = await newTenant();
    const hook = { url: "https://hooks.example.com/x", events: ["budget.alert"] };
    await call("PUT", "/v1/webhooks/ops", { key, json: hook });
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.05, alerts: [0.000_01] } });
    const json = { prompt: "mine", variables: { who: "x" } };
    const reply = await call("POST", "/v1/executions", { key, json, headers: { traceparent: CALLER } });
    expect(reply.status).toBe(200);
    const stub = env.TENANT_BUDGETS.getByName(id);
    const query = "select traceparent from webhook_deliveries where tenant_id = ?";
    const named = async () => {
      await runDurableObjectAlarm(stub);
      const found = await Promise.all(SHARDS.map(async (shard) => shard.prepare(query).bind(id).all()));
      return found.flatMap(({ results }) => results.map((row) => row["traceparent"]));
    };
    await expect.poll(named, { timeout: 8_000, interval: 200 }).toEqual([reply.headers.get("traceparent")]);
  });

  it("begins here where the caller has none, and does not become part of a stored request's identity", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    const json = { prompt: "mine", variables: { who: "x" } };
    const send = async (more: Record<string, string>) =>
      call("POST", "/v1/executions", { key, json, headers: { "idempotency-key": "a", ...more } });
    const first = await send({});
    expect(first.headers.get("traceparent")).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    const again = await send({ traceparent: CALLER });
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
  });
});
