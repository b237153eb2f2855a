import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Anomaly } from "../../src/domain/insights/find-anomalies.ts";
import { newId } from "../../src/domain/id.ts";
import { handleScheduled } from "../../src/scheduled.ts";
import { AnomalyWatches } from "../../src/storage/insights/anomaly-watches.ts";
import { call, newTenant } from "../support/api.ts";
import { shards } from "../support/shards.ts";

const watches = new AnomalyWatches(shards);
const url = "https://hooks.example.com/x";
const FUTURE = Date.now() + 1e12;
const anomaly: Anomaly = {
  subject: { kind: "model", name: "m" },
  metric: "errors",
  direction: "up",
  severity: "critical",
  since: 1,
  until: null,
  found_at: 2,
  worst: { at: 1, observed: 1, expected: 0, low: 0, high: 0.1 },
};

/** A tenant with a webhook that asks for some events. */
async function withWebhook(...events: string[]) {
  const { id, key } = await newTenant();
  const put = async (...some: string[]) => call("PUT", "/v1/webhooks/ops", { key, json: { url, events: some } });
  const { json } = await put(...events);
  const isWatched = async () => (await watches.due(FUTURE, 10_000)).includes(id);
  return { id, key, put, json, isWatched };
}

describe("the watches for anomalies", () => {
  it("begin with a webhook that asks for them, new or changed, of which nothing is left to warn", async () => {
    const { isWatched, put, json } = await withWebhook("budget.alert");
    expect([json["warnings"], await isWatched()]).toEqual([[], false]);
    expect((await put("budget.alert", "anomaly.detected")).json["warnings"]).toEqual([]);
    expect(await isWatched()).toBe(true);
    expect(await (await withWebhook("anomaly.detected")).isWatched()).toBe(true);
  });

  it("are claimed by one at a time, and keep what was told", async () => {
    const { id } = await withWebhook("anomaly.detected");
    const [one, other] = await Promise.all([watches.claim(id, 10, 20), watches.claim(id, 10, 21)]);
    const claimed = one ?? other;
    if (!claimed) throw new Error("one of them has the claim");
    expect([one, other].filter(Boolean)).toHaveLength(1);
    expect(await watches.tell(claimed, [{ anomaly, isRaised: true }], 50)).toBe(true);
    expect(await watches.tell(claimed, [], 60)).toBe(false);
    expect((await watches.claim(id, 55, 70))?.told).toEqual([{ anomaly, isRaised: true }]);
  });

  it("end when no webhook asks for them any more", async () => {
    const { id, key, isWatched } = await withWebhook("anomaly.detected");
    expect(await watches.dropIfUnwanted(id)).toBe(false);
    await call("DELETE", "/v1/webhooks/ops", { key });
    expect(await watches.dropIfUnwanted(id)).toBe(true);
    expect(await isWatched()).toBe(false);
  });

  it("are not scanned: a sweep reads those that are due, each shard's first ones", async () => {
    const at = FUTURE - 1;
    const ids = Array.from({ length: 400 }, () => newId("ten", Date.now()));
    const insert = "insert into anomaly_watches (tenant_id, due_at) values (?, ?)";
    await env.DB_SHARD_0.batch(ids.map((id) => env.DB_SHARD_0.prepare(insert).bind(id, at)));
    const { meta } = await env.DB_SHARD_0.prepare(
      "select tenant_id from anomaly_watches where due_at <= ? order by due_at limit 50",
    )
      .bind(Date.now() - 1e9)
      .all();
    expect(meta.rows_read).toBeLessThan(50);
    await env.DB_SHARD_0.prepare("delete from anomaly_watches where due_at = ?").bind(at).run();
  });

  it("have the cron wake a consumer for each tenant that is due", async () => {
    const { id } = await withWebhook("anomaly.detected");
    const sent: unknown[] = [];
    const queue = {
      sendBatch: async (messages: Iterable<{ body: unknown }>) =>
        void sent.push(...[...messages].map(({ body }) => body)),
    };
    await handleScheduled({} as ScheduledController, {
      ...env,
      WEBHOOK_QUEUE: queue as unknown as Env["WEBHOOK_QUEUE"],
    });
    expect(sent).toContainEqual({ type: "webhook", tenant_id: id, batch_id: "", anomalies: true });
  });
});
