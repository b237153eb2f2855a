import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../../src/cache/memory.ts";
import { IMMUTABLE, TieredRecordCache } from "../../../src/cache/records.ts";
import { TenantRecords } from "../../../src/services/tenants/tenant-records.ts";
import { readDated, ReadScope } from "../../../src/storage/read-scope.ts";
import { providerKeys, tenants } from "../../../src/storage/schema.ts";
import { createShards } from "../../../src/storage/shards.ts";
import { TenantRecordRepository } from "../../../src/storage/tenants/tenant-records.ts";
import { deferred, fakeTier } from "../../support/tiers.ts";
import { ReplicatedD1, replicatedAccess } from "./replicated-d1.ts";

const TENANT = "ten_1";
const MAX_LAG_MS = 1_000;

/** Isolates in data centres of their own, over shards whose replicas take over what they must. */
function openWorld() {
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const names = Array.from({ length: 4 }, (_, index) => `DB_SHARD_${index}`);
  const bindings = Object.fromEntries(names.map((name) => [name, replicatedAccess(new ReplicatedD1())]));
  const pauses = { now, sleep: async () => undefined };
  const newIsolate = () => {
    const shards = createShards(bindings, { pauses, maxLagMs: MAX_LAG_MS });
    const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
    const memory = createMemoryTier<never>({ entries: 100, bytes: 1 << 20 });
    const { defer, settle } = deferred();
    const records = new TieredRecordCache({ memory, edge, kv, now, random: () => 0, defer, readDated });
    const repository = new TenantRecordRepository(shards);
    const staleness = { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 };
    const tenantRecords = new TenantRecords({ now, repository, records, staleness, budgetScopes: async () => [] });
    return { shards, records, repository, tenantRecords, edge, settle };
  };
  return { clock, newIsolate };
}

type Isolate = ReturnType<ReturnType<typeof openWorld>["newIsolate"]>;

async function addKey({ shards }: Isolate, name: string): Promise<void> {
  const secret = { ciphertext: "c", hint: "abcd", weight: 1, rpm: null, tpm: null, max_concurrency: null };
  const row = { tenant_id: TENANT, provider: "openai", name, version: 1, ...secret, created_at: 1, updated_at: 1 };
  await shards.of(TENANT).insert(providerKeys).values(row);
}

const lagging = () => new ReadScope({ mayLag: true });

describe("the record of a tenant", () => {
  it("has the rows of its epoch, though a replica that is behind answers the request", async () => {
    const { clock, newIsolate } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const row = { id: TENANT, name: "t", wrapped_data_key: "", created_at: 1 };
    await writer.shards.of(TENANT).insert(tenants).values(row);
    await lagging().during(async () => reader.repository.epoch(TENANT));
    await addKey(writer, "added");
    const epoch = (await writer.repository.epoch(TENANT)) ?? 0;
    // As a copy of its API key says, which another isolate of the data centre has read.
    reader.tenantRecords.noteEpoch(TENANT, { epoch, at: clock.now });
    await lagging().during(async () => reader.tenantRecords.read(TENANT));
    clock.now += 60_000;
    reader.tenantRecords.noteEpoch(TENANT, { epoch, at: clock.now });
    const record = await reader.tenantRecords.read(TENANT);
    expect([record?.epoch, record?.provider_keys.map(({ name }) => name)]).toEqual([epoch, ["added"]]);
  });
});

describe("a record that is read anew", () => {
  it("is as old as the replica's state where the request may be behind, and never replaces a newer copy", async () => {
    const { clock, newIsolate } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const row = { id: TENANT, name: "old", wrapped_data_key: "", created_at: 1 };
    await writer.shards.of(TENANT).insert(tenants).values(row);
    const load = async () => reader.shards.of(TENANT).select({ name: tenants.name }).from(tenants).get();
    const read = async (revalidate: boolean) =>
      reader.records.read("r", { staleness: IMMUTABLE, mayLag: true, load, revalidate });
    await lagging().during(load);
    await writer.shards.of(TENANT).update(tenants).set({ name: "new" });
    clock.now += 100;
    await reader.records.write("r", { name: "new" });
    clock.now += 100;
    const request = lagging();
    expect(await request.during(async () => read(true))).toMatchObject({ tier: "replica", age_ms: 200 });
    expect(request.asOf).toBe(clock.now - 200);
    expect((await read(false)).value?.name).toBe("new");
  });

  it("does not replace the newer copy of the data centre", async () => {
    const { clock, newIsolate } = openWorld();
    const [writer, reader, other] = [newIsolate(), newIsolate(), newIsolate()];
    const row = { id: TENANT, name: "old", wrapped_data_key: "", created_at: 1 };
    await writer.shards.of(TENANT).insert(tenants).values(row);
    const load = async () => reader.shards.of(TENANT).select({ name: tenants.name }).from(tenants).get();
    await lagging().during(load);
    await writer.shards.of(TENANT).update(tenants).set({ name: "new" });
    clock.now += 100;
    const newest = { value: { name: "new" }, at: clock.now, kv_at: clock.now };
    await reader.edge.put("r", newest, 60);
    await lagging().during(async () =>
      reader.records.read("r", { staleness: IMMUTABLE, mayLag: true, load, revalidate: true }),
    );
    await reader.settle();
    expect(await reader.edge.get("r")).toEqual(newest);
    await lagging().during(async () =>
      other.records.read("r", { staleness: IMMUTABLE, mayLag: true, load, revalidate: true }),
    );
    await other.settle();
    expect(await other.edge.get("r")).toMatchObject({ value: { name: "old" } });
  });

  it("is asked of the primary where it may not lag, and after a write", async () => {
    const { newIsolate } = openWorld();
    const [writer, reader] = [newIsolate(), newIsolate()];
    const row = { id: TENANT, name: "old", wrapped_data_key: "", created_at: 1 };
    await writer.shards.of(TENANT).insert(tenants).values(row);
    const load = async () => reader.shards.of(TENANT).select({ name: tenants.name }).from(tenants).get();
    await lagging().during(load);
    await writer.shards.of(TENANT).update(tenants).set({ name: "new" });
    const found = await lagging().during(async () => reader.records.read("r", { staleness: IMMUTABLE, load }));
    expect([found.value?.name, found.tier]).toEqual(["new", "source"]);
    await writer.shards.of(TENANT).update(tenants).set({ name: "newest" });
    expect((await lagging().during(async () => reader.records.refresh("s", load)))?.name).toBe("newest");
  });
});
