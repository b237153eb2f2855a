import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { BATCH_STATUSES, type BatchStatus, batchStatus } from "../../src/domain/batches/batch.ts";
import { AppError } from "../../src/domain/errors.ts";
import { newId } from "../../src/domain/id.ts";
import { batchListStatement } from "../../src/storage/batches/batch-list.ts";
import { items, openBatchWorld } from "../support/batch-world.ts";
import { countedShards } from "../support/counted-shards.ts";

const MINUTE_MS = 60_000;

/** A tenant with a batch of each status, and what it is told of them. */
async function tenantWithAll() {
  const opened = openBatchWorld();
  const { world, services, accept, drain } = opened;
  const next = async (count: number) => {
    world.now += MINUTE_MS;
    return (await accept(items(count))).id;
  };
  const completed = await next(60);
  await drain();
  const failed = await next(2);
  world.before = async () => new AppError("validation_error", "no");
  await drain();
  const cancelled = await next(3);
  await services.cancelBatch(world.tenant, cancelled);
  world.sent = [];
  world.before = async () => undefined;
  const running = await next(101);
  await opened.deliver(world.sent.splice(0, 1));
  const queued = await next(1);
  const list = async (query: { status?: BatchStatus; cursor?: string; limit?: number } = {}) =>
    services.listBatches(world.tenant, { limit: 10, ...query });
  const idsOf = async (status?: BatchStatus) => (await list({ status })).data.map(({ id }) => id);
  return { ...opened, list, idsOf, ids: { queued, running, cancelled, failed, completed } };
}

describe("the list of batches", () => {
  it("has each batch as reading it says, newest first, page by page, and no asynchronous execution", async () => {
    const { world, services, list, get, ids } = await tenantWithAll();
    const { queued, running, cancelled, failed, completed } = ids;
    const first = await list({ limit: 2 });
    expect(first.data.map(({ id }) => id)).toEqual([queued, running]);
    const rest = await list({ limit: 3, cursor: first.next_cursor ?? "" });
    expect([rest.data.map(({ id }) => id), rest.next_cursor]).toEqual([[cancelled, failed, completed], null]);
    for (const batch of [...first.data, ...rest.data]) {
      const { request, counts, cost_nanousd, ended_at, state } = await get(batch.id);
      expect(batch).toMatchObject({ counts, cost_nanousd, ended_at, state, request: { prompt: request?.prompt } });
    }
    const other = newId("ten", world.now);
    expect(await services.listBatches(other, { limit: 1 })).toEqual({ data: [], next_cursor: null });
    await expect(list({ cursor: "a2V5cyBrZXlfMQ" })).rejects.toMatchObject({ code: "validation_error" });
  });

  it("filters by the status that each batch is shown with, also as it changes", async () => {
    const { services, world, list, idsOf, drain, ids } = await tenantWithAll();
    for (const status of BATCH_STATUSES) {
      const { data } = await list({ status });
      expect(data.map(({ id }) => id)).toEqual([ids[status]]);
      expect(data.map(({ counts, state }) => batchStatus(counts, state === "cancelled"))).toEqual([status]);
    }
    await services.redriveBatch(world.tenant, ids.failed);
    expect([await idsOf("failed"), await idsOf("queued")]).toEqual([[], [ids.queued, ids.failed]]);
    await drain();
    expect(await idsOf("completed")).toEqual([ids.queued, ids.running, ids.failed, ids.completed]);
    expect([await idsOf("queued"), await idsOf("running")]).toEqual([[], []]);
  });

  it("is read by an index for every filter, and reads no row that it does not show", async () => {
    const counted = countedShards();
    const { world } = await tenantWithAll();
    const db = counted.shards.of(world.tenant);
    const planOf = async (status?: BatchStatus) => {
      const statement = batchListStatement(world.tenant, { status, before: "bat_~", limit: 2 });
      const plan = await db.all<{ detail: string }>(sql`explain query plan ${statement}`);
      return plan.map(({ detail }) => detail).find((detail) => detail.includes(" batches "));
    };
    expect(await planOf()).toMatch(/USING INDEX batches_by_tenant \(tenant_id=\? AND id<\?\)/);
    for (const status of BATCH_STATUSES) {
      expect(await planOf(status)).toMatch(/USING INDEX batches_by_phase \(tenant_id=\? AND phase=\? AND id<\?\)/);
    }
    await counted.count();
    await db.all(batchListStatement(world.tenant, { status: "completed", limit: 10 }));
    const { rows_read, returned } = await counted.count();
    expect([returned, rows_read <= 12]).toEqual([1, true]);
  });
});
