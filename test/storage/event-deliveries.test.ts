import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
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
