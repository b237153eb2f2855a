import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { MAX_WEBHOOKS } from "../../src/services/webhooks/manage-webhooks.ts";
import { EventDeliveryRepository } from "../../src/storage/webhooks/event-deliveries.ts";
import { shards } from "../support/shards.ts";

const NOW = 1_000_000;

describe("the deliveries that are due", () => {
  it("are those of every tenant, however many of one are older", async () => {
    const crowded = newId("ten", NOW);
    const db = shards.of(crowded);
    let rare = newId("ten", NOW);
    while (shards.of(rare) !== db) rare = newId("ten", NOW);
    const columns = "tenant_id, webhook, id, body, due_at, attempts, created_at";
    const insert = db.$client.prepare(
      `insert into webhook_deliveries (${columns}) values (?, 'ops', ?, '{}', ?, 1, ?)`,
    );
    const older = Array.from({ length: 150 }, (_, at) => insert.bind(crowded, `msg_${at}`, NOW - 1_000 + at, NOW));
    await db.$client.batch([...older, insert.bind(rare, "msg_rare", NOW - 10, NOW)]);
    const due = await new EventDeliveryRepository(shards).due(NOW, 100);
    const ofShard = due.filter(({ tenant_id }) => shards.of(tenant_id) === db);
    expect(ofShard).toHaveLength(100);
    expect(ofShard).toContainEqual({ tenant_id: rare, webhook: "ops", id: "msg_rare" });
    expect(ofShard).toContainEqual({ tenant_id: crowded, webhook: "ops", id: "msg_0" });
    await db.$client.prepare("delete from webhook_deliveries where tenant_id in (?, ?)").bind(crowded, rare).run();
  });
});

describe("an event", () => {
  it("is stored for all webhooks that a tenant may have, with the trace that raised it", async () => {
    const tenant_id = newId("ten", NOW);
    const names = Array.from({ length: MAX_WEBHOOKS }, (_, at) => `hook-${at}`);
    const db = shards.of(tenant_id);
    const columns = "tenant_id, name, url, events, secret, created_at, updated_at";
    const insert = db.$client.prepare(
      `insert into webhooks (${columns}) values (?, ?, 'https://a.test', '["prompt.published"]', '', 1, 1)`,
    );
    await db.$client.batch(names.map((name) => insert.bind(tenant_id, name)));
    const deliveries = new EventDeliveryRepository(shards);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const event = { type: "prompt.published", key: "p/1", prompt: "p", at: NOW, data: {}, traceparent } as const;
    const added = await deliveries.add(tenant_id, event, NOW);
    expect(added.map(({ webhook }) => webhook).toSorted()).toEqual(names.toSorted());
    const claimed = await Promise.all(added.map(async (each) => deliveries.claim(each, NOW, NOW + 1)));
    expect(claimed).toEqual(
      added.map((each): unknown => expect.objectContaining({ ...each, traceparent, attempts: 1 })),
    );
    expect(await deliveries.add(tenant_id, event, NOW)).toHaveLength(MAX_WEBHOOKS);
  });
});
