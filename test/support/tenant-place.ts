import { createMemoryTier } from "../../src/cache/memory.ts";
import { TieredRecordCache } from "../../src/cache/records.ts";
import { tolerant } from "../../src/cache/tier.ts";
import { TenantRecords } from "../../src/services/tenants/tenant-records.ts";
import type { ProviderKeyRow } from "../../src/storage/tenants/provider-keys.ts";
import type { TelemetryRow } from "../../src/storage/tenants/telemetry.ts";
import type { TenantPriceRow } from "../../src/storage/tenants/tenant-prices.ts";
import type { UpstreamRow } from "../../src/storage/tenants/upstreams.ts";
import { deferred, fakeTier } from "./tiers.ts";

/** The allowed ages of a key, as in wrangler.toml. */
export const STALENESS = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 };
const NOW = Date.parse("2026-11-26T10:00:00Z");

/**
 * The records of a tenant over a shard that counts its reads, and over real tiers. `place()` is a
 * data centre, and its `isolate()` an isolate with a memory of its own.
 */
export function tenantWorld() {
  const clock = { now: NOW };
  const now = () => clock.now;
  const kv = fakeTier("kv", now);
  const { defer, settle } = deferred();
  const forgiving = { timeoutMs: 1_000, onFault: () => undefined };
  const shard = { loads: 0, epochs: 0, down: false };
  const rows = {
    epoch: 1,
    prices: [] as TenantPriceRow[],
    provider_keys: [] as ProviderKeyRow[],
    upstreams: [] as UpstreamRow[],
    scopes: [] as string[],
    telemetry: null as TelemetryRow | null,
  };
  const object = { questions: 0 };
  const ask = () => {
    if (shard.down) throw new Error("the shard is down");
  };
  const repository = {
    async load(id: string) {
      shard.loads += 1;
      ask();
      const tenant = { id, name: id, wrapped_data_key: "wrapped", created_at: 0, epoch: rows.epoch };
      const { prices, provider_keys, upstreams } = rows;
      return {
        tenant,
        prices: [...prices],
        provider_keys: [...provider_keys],
        upstreams: [...upstreams],
        budgeted_keys: [],
        telemetry: rows.telemetry,
      };
    },
    async epoch() {
      shard.epochs += 1;
      ask();
      return rows.epoch;
    },
    async raiseEpoch() {
      ask();
      rows.epoch += 1;
    },
  };
  const place = () => {
    const edge = fakeTier("edge", now);
    /** An isolate with its cache, through which it reads API keys, too. */
    const parts = () => {
      const memory = createMemoryTier<never>({ entries: 100, bytes: 1 << 20 });
      const tiers = { edge: tolerant(edge, forgiving), kv: tolerant(kv, forgiving) };
      const cache = new TieredRecordCache({ memory, ...tiers, now, random: () => 0, defer });
      const records = new TenantRecords({
        now,
        repository,
        records: cache,
        staleness: STALENESS,
        budgetScopes: async () => {
          object.questions += 1;
          return [...rows.scopes];
        },
      });
      return { memory, cache, records };
    };
    return { edge, parts, isolate: () => parts().records };
  };
  return { clock, kv, shard, rows, object, settle, place };
}
