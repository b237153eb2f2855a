import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../../src/cache/memory.ts";
import { TieredRecordCache } from "../../../src/cache/records.ts";
import { MAX_TENANT_PRICES, TenantPrices } from "../../../src/services/tenants/tenant-prices.ts";
import type { TenantPriceRow } from "../../../src/storage/tenants/tenant-prices.ts";
import { deferred, fakeTier } from "../../support/tiers.ts";

const NOW = Date.parse("2026-11-26T10:00:00Z");
const STALENESS = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 };

/** Prices over a source that counts its reads, through real tiers. */
function setup() {
  const clock = { now: NOW };
  const now = () => clock.now;
  const rows: TenantPriceRow[] = [];
  const source = { reads: 0, isFull: false };
  const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
  const { defer, settle } = deferred();
  const memory = createMemoryTier<never>({ entries: 100, bytes: 1 << 20 });
  const prices = new TenantPrices({
    now,
    staleness: STALENESS,
    records: new TieredRecordCache({ memory, edge, kv, now, random: () => 0, defer }),
    prices: {
      async put(row) {
        if (source.isFull) return undefined;
        rows.push(row);
        return { row, created: true };
      },
      async list(tenantId) {
        source.reads += 1;
        return rows.filter(({ tenant_id }) => tenant_id === tenantId);
      },
      delete: async () => rows.splice(0).length > 0,
    },
  });
  return { prices, source, edge, kv, clock, settle };
}

describe("the prices of a tenant", () => {
  it("are read once for all of its models, also where there are none, and then from memory", async () => {
    const { prices, source, edge, kv, settle } = setup();
    expect(await prices.pricesOf("ten_a")).toEqual({});
    await settle();
    [edge.calls.length, kv.calls.length] = [0, 0];
    for (let n = 0; n < 10; n++) expect(await prices.pricesOf("ten_a")).toEqual({});
    expect([source.reads, edge.calls, kv.calls]).toEqual([1, [], []]);
  });

  it("apply as soon as they are set, and no longer once they are deleted", async () => {
    const { prices } = setup();
    await prices.pricesOf("ten_a");
    await prices.put("ten_a", "openai", "gpt-6-sol", { input: 1, output: 2 });
    expect(await prices.pricesOf("ten_a")).toEqual({ "openai/gpt-6-sol": { input: 1, output: 2, updated_at: NOW } });
    expect(await prices.pricesOf("ten_b")).toEqual({});
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
