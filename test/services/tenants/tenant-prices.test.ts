import { describe, expect, it } from "vitest";
import { MAX_TENANT_PRICES, TenantPrices } from "../../../src/services/tenants/tenant-prices.ts";
import { tenantWorld } from "../../support/tenant-place.ts";

/** Prices over a tenant's records, whose reads are counted. */
function setup() {
  const world = tenantWorld();
  const { rows, clock } = world;
  const { isolate, edge } = world.place();
  const source = { isFull: false };
  const prices = new TenantPrices({
    now: () => clock.now,
    tenantRecords: isolate(),
    upstreams: { requireProvider: async () => undefined, upstreamsOf: async () => [] },
    prices: {
      async put(row) {
        if (source.isFull) return undefined;
        rows.prices.push(row);
        rows.epoch += 1;
        return { row, created: true };
      },
      list: async () => rows.prices,
      async delete() {
        rows.epoch += 1;
        return rows.prices.splice(0).length > 0;
      },
    },
  });
  return { ...world, prices, source, edge };
}

describe("the prices of a tenant", () => {
  it("are read once for all of its models, also where there are none, and then from memory", async () => {
    const { prices, shard, edge, kv, settle } = setup();
    expect(await prices.pricesOf("ten_a")).toEqual({});
    await settle();
    [edge.calls.length, kv.calls.length] = [0, 0];
    for (let n = 0; n < 10; n++) expect(await prices.pricesOf("ten_a")).toEqual({});
    expect([shard.loads, edge.calls, kv.calls]).toEqual([1, [], []]);
  });

  it("apply as soon as they are set, and no longer once they are deleted", async () => {
    const { prices, clock } = setup();
    const updated_at = clock.now;
    await prices.pricesOf("ten_a");
    await prices.put("ten_a", "openai", "gpt-6-sol", { input: 1, output: 2 });
    expect(await prices.pricesOf("ten_a")).toEqual({ "openai/gpt-6-sol": { input: 1, output: 2, updated_at } });
    await prices.delete("ten_a", "openai", "gpt-6-sol");
    expect(await prices.pricesOf("ten_a")).toEqual({});
  });

  it("are stored under the id that executions call", async () => {
    const { prices } = setup();
    await prices.put("ten_a", "openai", "GPT-6-Sol", { input: 1, output: 2 });
    await prices.put("ten_a", "openai", "ft:gpt-4o:Acme::x1", { input: 3, output: 4 });
    expect(Object.keys(await prices.pricesOf("ten_a"))).toEqual(["openai/gpt-6-sol", "openai/ft:gpt-4o:Acme::x1"]);
  });

  it("are bounded in number, because they are one record", async () => {
    const { prices, source } = setup();
    source.isFull = true;
    await expect(prices.put("ten_a", "openai", "gpt-6-sol", { input: 1, output: 2 })).rejects.toMatchObject({
      code: "conflict",
      detail: `A tenant has at most ${MAX_TENANT_PRICES} prices.`,
    });
  });
});
