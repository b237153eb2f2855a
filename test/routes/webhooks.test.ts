import { createExecutionContext, createMessageBatch, getQueueResult, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { WakeUp } from "../../src/domain/batches/wake-up.ts";
import worker from "../../src/index.ts";
import { createShards } from "../../src/storage/shards.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface View {
  name: string;
  url: string;
  events: string[];
  prompts: string[] | null;
  warnings: string[];
  secret?: string;
}

const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
const shards = createShards({ DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 });
const BODY = { url: "https://hooks.example.com/x", events: ["prompt.published", "label.moved", "budget.alert"] };

/** The events on their way to a tenant's webhooks, as their receivers would get them. */
async function eventsFor(tenantId: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const rows = await shards
    .of(tenantId)
    .$client.prepare("select body from webhook_deliveries where tenant_id = ? order by created_at, rowid")
    .bind(tenantId)
    .all<{ body: string }>();
  return rows.results.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> });
}

describe("webhooks", () => {
  it("are set, read, replaced and deleted, and show their secret once", async () => {
    const { key } = await newTenant();
    const path = "/v1/webhooks/ops";
    const first = await call<View>("PUT", path, { key, json: { ...BODY, prompts: ["support/*"] } });
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({ name: "ops", ...BODY, prompts: ["support/*"], warnings: [] });
    expect(first.json.secret).toMatch(/^whsec_[\w+/]{43}=$/);
    const second = await call<View>("PUT", path, { key, json: { ...BODY, events: ["test_run.completed"] } });
    expect([second.status, second.json.prompts, second.json.secret]).toEqual([200, null, undefined]);
    expect(second.json.warnings).toEqual([]);
    const { status, json, text } = await call<View>("GET", path, { key });
    expect([status, json]).toEqual([200, second.json]);
    const list = await call<{ data: View[] }>("GET", "/v1/webhooks", { key });
    expect(list.json.data).toEqual([json]);
    expect(text + list.text).not.toMatch(/whsec_|secret/);
    expect((await call("DELETE", path, { key })).status).toBe(204);
    for (const method of ["GET", "DELETE"]) expect((await call(method, path, { key })).status).toBe(404);
  });

  it("are not sent to a name that cannot be shown to be public", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/webhooks/ops", { key, json: { ...BODY, url: "https://nowhere.invalid/x" } });
    const { status, json } = await call("POST", "/v1/webhooks/ops/test", { key });
    expect(status).toBe(200);
    // Whether the resolver of this machine is reached or not: the name has no address.
    expect(json).toMatchObject({ status: null, fault: expect.stringContaining("the address has a name") });
  });

  it("name every fault of their body", async () => {
    const { key } = await newTenant();
    const faultOf = async (json: object) => {
      const reply = await call<{ errors?: { path: string }[] }>("PUT", "/v1/webhooks/ops", { key, json });
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    expect(await faultOf({ ...BODY, url: "http://hooks.example.com" })).toEqual([422, "url"]);
    expect(await faultOf({ ...BODY, url: "https://127.0.0.1/x" })).toEqual([422, "url"]);
    for (const name of ["crm.corp", "api.prod.svc", "db.localdomain", "x.intranet"]) {
      expect(await faultOf({ ...BODY, url: `https://${name}/x` })).toEqual([422, "url"]);
    }
    expect(await faultOf({ ...BODY, events: [] })).toEqual([422, "events"]);
    expect(await faultOf({ ...BODY, events: ["batch.started"] })).toEqual([422, "events.0"]);
    expect(await faultOf({ ...BODY, prompts: ["a*b"] })).toEqual([422, "prompts.0"]);
    expect(await faultOf({ url: BODY.url })).toEqual([422, "events"]);
    expect((await call("GET", "/v1/webhooks", { key })).json["data"]).toEqual([]);
  });

  it("are at most twenty", async () => {
    const { key } = await newTenant();
    const statuses: number[] = [];
    for (let n = 0; n < 21; n++) {
      statuses.push((await call("PUT", `/v1/webhooks/h${n}`, { key, json: BODY })).status);
    }
    expect([new Set(statuses.slice(0, 20)), statuses[20]]).toEqual([new Set([201]), 409]);
    expect((await call("PUT", "/v1/webhooks/h3", { key, json: BODY })).status).toBe(200);
  });

  it("are told of published versions and moved labels of their prompts", async () => {
    const { id, key } = await newTenant();
    await call("PUT", "/v1/webhooks/ops", { key, json: { ...BODY, prompts: ["mine*"] } });
    for (const name of ["mine-a", "other"]) {
      for (let twice = 0; twice < 2; twice++) await call("PUT", `/v1/prompts/${name}`, { key, yaml: yamlPrompt(name) });
      await call("PUT", `/v1/prompts/${name}/labels/production`, { key, json: { version: 1 } });
    }
    expect((await call("PUT", "/v1/prompts/mine-a/labels/production", { key, json: { version: 9 } })).status).toBe(422);
    expect(await eventsFor(id)).toMatchObject([
      { type: "prompt.published", data: { prompt: "mine-a", version: 1 } },
      { type: "label.moved", data: { prompt: "mine-a", label: "production", split: [{ version: 1, weight: 1 }] } },
    ]);
  });

  it("are delivered by the consumer of their own queue", async () => {
    const { id, key } = await newTenant();
    await call("PUT", "/v1/webhooks/ops", { key, json: BODY });
    await call("PUT", "/v1/prompts/mine", { key, yaml: yamlPrompt("mine") });
    const db = shards.of(id).$client;
    const row = await db
      .prepare("select id from webhook_deliveries where tenant_id = ?")
      .bind(id)
      .first<{ id: string }>();
    // Nothing is sent to an address that has come to be refused.
    await db.prepare("update webhooks set url = 'http://10.0.0.1/' where tenant_id = ?").bind(id).run();
    const delivery = { tenant_id: id, webhook: "ops", id: row?.id ?? "" };
    const body = { type: "webhook" as const, tenant_id: id, batch_id: "", delivery };
    const messages = [{ id: "a", timestamp: new Date(), attempts: 1, body }];
    const batch = createMessageBatch<WakeUp>("pbt-edge-webhooks", messages);
    await worker.queue(batch, env);
    expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(["a"]);
    expect(await db.prepare("select attempts from webhook_deliveries where tenant_id = ?").bind(id).first()).toEqual({
      attempts: 1,
    });
  });

  it("are told once of each share of a budget that is reached", async () => {
    const { id, key } = await newTenant();
    await call("PUT", "/v1/webhooks/ops", { key, json: BODY });
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.001 } });
    const stub = env.TENANT_BUDGETS.getByName(id);
    const nothing = { returned: 0, needs: [], ahead: 0, life_ms: 900_000 };
    const report = { loan: "a", scopes: ["tenant"], ...nothing };
    await stub.ask({ ...report, seq: 1, spent: 0, needs: [990_000] });
    for (const [seq, spent] of [
      [2, 400_000],
      [3, 600_000],
      [4, 850_000],
      [5, 1_000_000],
      [6, 1_000_000],
    ] as const) {
      await stub.ask({ ...report, seq, spent });
      await runDurableObjectAlarm(stub);
    }
    const events = await eventsFor(id);
    expect(events.map(({ data }) => data["threshold"])).toEqual([0.5, 0.8, 1]);
    expect(events[0]).toMatchObject({
      type: "budget.alert",
      data: { scope: "tenant", window: "daily", limit_usd: 0.001, spent_usd: 0.0006 },
    });
  });
});
