import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newIdIn } from "../../src/domain/ledger/shares.ts";
import { toEntry } from "../../src/domain/ledger/entry.ts";
import { homeShareOf } from "../../src/domain/ledger/shares.ts";
import { HOUR_MS, hourOf } from "../../src/domain/ledger/periods.ts";
import { LedgerBook } from "../../src/storage/ledger/ledger-book.ts";
import { servicesOf } from "../../src/deps/services.ts";
import { shards } from "../support/shards.ts";
import { createDraws } from "../../load/proofs/insights/draws.ts";
import { call, newTenant, yamlPrompt } from "../support/api.ts";
import { recorded } from "../support/recorded.ts";

interface Sla {
  data: {
    prompt: string;
    objective: Record<string, unknown>;
    executions: number;
    measured: Record<string, number | null>;
    satisfaction: Record<string, number>[];
  }[];
}

/** Puts executions of the last weeks into the tenant's home share: ten an hour, and none lately. */
async function fillLedger(tenant_id: string, { weeks, silentHours }: { weeks: number; silentHours: number }) {
  const share = homeShareOf(tenant_id);
  const draws = createDraws(4);
  const last = hourOf(Date.now()) - 1;
  const name = `${tenant_id}/${share}`;
  await runInDurableObject(env.LEDGER.getByName(name), async (_ledger, { storage }) => {
    const book = new LedgerBook({ storage, bucket: env.LEDGER_ARCHIVE, name });
    for (let hour = last - weeks * 168; hour <= last - silentHours; hour++) {
      const entries = Array.from({ length: draws.poisson(10) }, () => {
        const created_at = hour * HOUR_MS + Math.floor(draws.between(0, HOUR_MS));
        const id = newIdIn(share, created_at);
        const latency_ms = 500 * Math.exp(0.4 * draws.normal());
        return toEntry(recorded({ id, tenant_id, created_at, latency_ms, cost_nanousd: 1_000_000, prompt_tokens: 90 }));
      });
      await book.append(entries, (hour + 1) * HOUR_MS);
    }
    book.packHours(Date.now());
  });
}

describe("insights", () => {
  it("find that a prompt is not executed any more, and forecast what it would need", async () => {
    const { id, key } = await newTenant();
    await fillLedger(id, { weeks: 5, silentHours: 9 });
    const { json } = await call<{ data: unknown[]; watched_series: number }>("GET", "/v1/insights/anomalies", { key });
    expect(json.watched_series).toBeGreaterThan(3);
    expect(json.data).toContainEqual(
      expect.objectContaining({
        subject: { kind: "prompt", name: "greet" },
        metric: "rate",
        direction: "down",
        until: null,
        worst: expect.objectContaining({ observed: 0 }),
      }),
    );
    const ofOther = await call<{ data: unknown[] }>("GET", "/v1/insights/anomalies?model=another", { key });
    expect(ofOther.json.data).toEqual([]);
    await call("PUT", "/v1/budgets/tenant", { key, json: { daily_usd: 0.1 } });
    await call("PUT", "/v1/providers/openai/keys/a", { key, json: { api_key: "sk-12345678", rpm: 1 } });
    const forecast = await call<{
      data: { resource: string; exhausted_at: object; raise_to: number }[];
      days: object[];
    }>("GET", "/v1/insights/forecast?days=3", { key });
    expect(forecast.json.days).toHaveLength(3);
    const [budget] = forecast.json.data.filter(({ resource }) => resource === "budget:tenant");
    expect(budget).toMatchObject({ unit: "usd_per_day", limit: 0.1, exhausted_at: { expected: expect.any(String) } });
    expect(budget?.raise_to).toBeGreaterThan(0.1);
    expect(forecast.json.data.map(({ resource }) => resource)).toContain("provider:openai");
    expect(forecast.json.data.map(({ resource }) => resource)).toContain("storage");
  });

  it("are sent to the tenant's webhooks once, however often its hours are looked at", async () => {
    const { id, key } = await newTenant();
    await fillLedger(id, { weeks: 5, silentHours: 9 });
    const events = ["anomaly.detected"];
    await call("PUT", "/v1/webhooks/ops", { key, json: { url: "https://hooks.example.com/x", events } });
    const { checkAnomalies } = servicesOf(env);
    await checkAnomalies(id);
    // As if it had died before it noted what it told.
    const told = "update anomaly_watches set due_at = 0, told = '[]' where tenant_id = ?";
    await shards.of(id).$client.prepare(told).bind(id).run();
    await checkAnomalies(id);
    const select = "select body from webhook_deliveries where tenant_id = ?";
    const { results } = await shards.of(id).$client.prepare(select).bind(id).all<{ body: string }>();
    const bodies = results.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> });
    const ofPrompt = bodies.filter(
      ({ data }) => data["metric"] === "rate" && (data["subject"] as { kind: string }).kind === "prompt",
    );
    expect(ofPrompt).toMatchObject([
      {
        type: "anomaly.detected",
        data: {
          state: "firing",
          subject: { kind: "prompt", name: "greet" },
          metric: "rate",
          direction: "down",
          until: null,
        },
      },
    ]);
  });

  it("measure a prompt against the objective of its file, with the feedback on each version", async () => {
    const { key } = await newTenant();
    const yaml = `${yamlPrompt("greet")}\nmetadata: {sla: {availability: 99, latency_ms: 60000, percentile: 95}}\n`;
    await call("PUT", "/v1/prompts/greet", { key, yaml });
    const execution = { prompt: "greet", variables: { who: "x" } };
    for (const score of [1, 0.5]) {
      const { json } = await call<{ id: string }>("POST", "/v1/executions", { key, json: execution });
      await call("POST", `/v1/executions/${json.id}/feedback`, { key, json: { score } });
    }
    const { json, status } = await call<Sla>("GET", "/v1/insights/sla?prompt=greet", { key });
    expect(status).toBe(200);
    expect(json.data).toMatchObject([
      {
        prompt: "greet",
        objective: { availability: 0.99, latency_ms: 60_000, percentile: 0.95, source: "prompt" },
        executions: 2,
        measured: { availability: 1, within_latency: 1, availability_burn: 0 },
        satisfaction: [{ version: 1, ratings: 2, score: 0.75 }],
      },
    ]);
  });

  it("tell latencies over time of all executions, or of those of a prompt", async () => {
    const { key } = await newTenant();
    for (const name of ["greet", "part"]) {
      await call("PUT", `/v1/prompts/${name}`, { key, yaml: yamlPrompt(name) });
      await call("POST", "/v1/executions", { key, json: { prompt: name, variables: { who: "x" } } });
    }
    const of = async (query: string) =>
      (await call<{ over_time?: { executions: number; p50_ms: number }[] }>("GET", `/v1/insights/sla${query}`, { key }))
        .json.over_time;
    const count = (some: { executions: number }[] = []) => some.reduce((sum, { executions }) => sum + executions, 0);
    expect(await of("")).toBeUndefined();
    const all = await of("?over_time=hour");
    expect([count(all), all?.every(({ p50_ms }) => p50_ms > 0)]).toEqual([2, true]);
    expect(count(await of("?over_time=day&prompt=part"))).toBe(1);
  });

  it("have nothing to say of a tenant without executions", async () => {
    const { key } = await newTenant();
    const of = async (path: string) => (await call("GET", `/v1/insights/${path}`, { key })).json;
    expect(await of("anomalies")).toMatchObject({ data: [], watched_series: 0 });
    expect(await of("forecast")).toMatchObject({ data: [], days: [], learned_from: null });
    expect(await of("sla")).toMatchObject({ data: [] });
  });

  it.each([
    ["anomalies?prompt=/", "prompt"],
    ["forecast?days=0", "days"],
    ["forecast?days=91", "days"],
    ["sla?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from"],
    ["sla?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z", "from"],
    ["sla?to=yesterday", "to"],
    ["sla?over_time=week", "over_time"],
  ])("refuse %s and name the field", async (query, path) => {
    const { key } = await newTenant();
    const reply = await call("GET", `/v1/insights/${query}`, { key });
    expect([reply.status, reply.json]).toMatchObject([422, { errors: [{ path }] }]);
  });

  it("do not know a prompt that the tenant neither has nor had", async () => {
    const { key } = await newTenant();
    expect((await call("GET", "/v1/insights/sla?prompt=none", { key })).status).toBe(404);
  });
});
