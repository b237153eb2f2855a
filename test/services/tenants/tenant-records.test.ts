import { describe, expect, it } from "vitest";
import { tenantWorld } from "../../support/tenant-place.ts";

const TENANT = "ten_a";

describe("the record of a tenant", () => {
  it("is read from the database once in a place, and asks the budgets once", async () => {
    const { shard, object, settle, place } = tenantWorld();
    const { isolate } = place();
    for (let index = 0; index < 5; index++) {
      const records = isolate();
      records.noteEpoch(TENANT, { epoch: 1, at: Date.parse("2026-11-26T10:00:00Z") });
      for (let again = 0; again < 3; again++) expect(await records.read(TENANT)).toMatchObject({ epoch: 1 });
      await settle();
    }
    expect([shard.loads, shard.epochs, object.questions]).toEqual([1, 0, 1]);
  });

  it("is read anew for its upstreams where a version without them wrote the copy, and once", async () => {
    const { clock, rows, shard, settle, place } = tenantWorld();
    const { cache, records } = place().parts();
    records.noteEpoch(TENANT, { epoch: 1, at: clock.now });
    const older = {
      read_at: clock.now,
      epoch: 1,
      wrapped_data_key: "w",
      provider_keys: [],
      prices: {},
      budget_scopes: [],
    };
    await cache.write(`tenant/${TENANT}/1`, older);
    const row = {
      tenant_id: TENANT,
      name: "llm",
      version: 1,
      kind: "openai" as const,
      base_url: "https://llm.example.com",
    };
    rows.upstreams.push({ ...row, headers: null, header_names: [], created_at: 0, updated_at: 0 });
    expect(await records.read(TENANT)).not.toHaveProperty("upstreams");
    expect(shard.loads).toBe(0);
    for (let again = 0; again < 3; again++) {
      expect(await records.readWithUpstreams(TENANT)).toMatchObject({ upstreams: [{ name: "llm" }] });
      await settle();
    }
    expect(shard.loads).toBe(1);
  });

  it("tells where traces go, also where older versions wrote its copies, for one question", async () => {
    const { place, rows, shard, settle } = tenantWorld();
    const { records, cache } = place().parts();
    const older = { read_at: 0, epoch: 1, wrapped_data_key: "w", provider_keys: [], prices: {}, budget_scopes: [] };
    await cache.write(`tenant/${TENANT}/1`, older);
    const times = { version: 1, created_at: 0, updated_at: 0 };
    const collector = { otlp_endpoint: "https://otel.example.com", headers: "", header_names: [] };
    rows.telemetry = { tenant_id: TENANT, ...collector, sample: 1, content: false, ...times };
    for (let again = 0; again < 3; again++) {
      expect(await records.readWithTelemetry(TENANT)).toMatchObject({ telemetry: { sample: 1 } });
      await settle();
    }
    expect(shard.loads).toBe(1);
  });

  it("tells whether content is recorded, as it was last read, and not of a tenant that was never read", async () => {
    const { place, rows, clock } = tenantWorld();
    const { records } = place().parts();
    const times = { version: 1, created_at: 0, updated_at: 0 };
    const row = { tenant_id: TENANT, otlp_endpoint: "", headers: "", header_names: [], sample: 0, ...times };
    const told: boolean[] = [records.keepsContent(TENANT)];
    for (const telemetry of [{ ...row, content: true }, { ...row, content: false }, { ...row, content: true }, null]) {
      rows.telemetry = telemetry;
      records.noteEpoch(TENANT, { epoch: (rows.epoch += 1), at: (clock.now += 1) });
      await records.read(TENANT);
      told.push(records.keepsContent(TENANT), records.keepsContent("ten_b"));
    }
    expect(told).toEqual([false, true, false, false, false, true, false, false, false]);
  });

  it("is not written to KV by reading it, but for the first place that finds no copy", async () => {
    const { kv, settle, place } = tenantWorld();
    const first = place();
    for (let index = 0; index < 20; index++) {
      await (index < 10 ? first : place()).isolate().read(TENANT);
      await settle();
    }
    expect(kv.calls.filter((call) => call === "put")).toHaveLength(1);
    expect(kv.calls.filter((call) => call === "get")).toHaveLength(11);
  });

  it("is that of the newest epoch that its keys name, whatever older copies are nearer", async () => {
    const { clock, rows, settle, place } = tenantWorld();
    const [here, there] = [place(), place()];
    const [writer, reader] = [here.isolate(), there.isolate()];
    await writer.read(TENANT);
    await reader.read(TENANT);
    await settle();
    rows.scopes.push("tenant");
    await writer.refreshByEpoch(TENANT);
    expect(await writer.read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
    expect(await reader.read(TENANT)).toMatchObject({ epoch: 1, budget_scopes: [] });
    reader.noteEpoch(TENANT, { epoch: 2, at: clock.now });
    reader.noteEpoch(TENANT, { epoch: 1, at: clock.now });
    expect(await reader.read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
  });

  it("is the newest for one who asks the database for the epoch, however young the known one is", async () => {
    const { shard, rows, settle, place } = tenantWorld();
    const [writer, reader] = [place().isolate(), place().isolate()];
    await reader.read(TENANT);
    await settle();
    rows.scopes.push("tenant");
    await writer.refreshByEpoch(TENANT);
    expect(await reader.read(TENANT)).toMatchObject({ epoch: 1 });
    const { epochs } = shard;
    await reader.renewEpoch(TENANT);
    expect(await reader.read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
    expect(shard.epochs).toBe(epochs + 1);
  });

  it("is believed no longer than the bound where no key names its epoch", async () => {
    const { clock, shard, rows, settle, place } = tenantWorld();
    const records = place().isolate();
    await records.read(TENANT);
    await settle();
    rows.scopes.push("tenant");
    rows.epoch += 1;
    clock.now += 30_000;
    expect(await records.read(TENANT)).toMatchObject({ epoch: 1 });
    clock.now += 1;
    expect(await records.read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
    expect(shard.epochs).toBe(2);
  });

  it("is right where the write to KV was lost, and where an older one arrives last", async () => {
    const { kv, rows, settle, place } = tenantWorld();
    const writer = place().isolate();
    await writer.read(TENANT);
    await settle();
    const [older] = kv.kept;
    kv.broken = true;
    rows.scopes.push("tenant");
    await writer.refreshByEpoch(TENANT);
    await settle();
    kv.broken = false;
    expect(await place().isolate().read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
    await settle();
    if (older) kv.kept.set(...older);
    expect(await place().isolate().read(TENANT)).toMatchObject({ epoch: 2, budget_scopes: ["tenant"] });
  });

  it("is read anew behind a response after an hour, should a change have begun no epoch", async () => {
    const { clock, rows, settle, place } = tenantWorld();
    const records = place().isolate();
    await records.read(TENANT);
    rows.scopes.push("tenant");
    clock.now += 3_600_001;
    expect(await records.read(TENANT)).toMatchObject({ budget_scopes: [] });
    await settle();
    expect(await records.read(TENANT)).toMatchObject({ budget_scopes: ["tenant"] });
  });

  it("stands in while the shard does not answer, up to the age of the last good epoch", async () => {
    const { clock, shard, settle, place } = tenantWorld();
    const records = place().isolate();
    await records.read(TENANT);
    await settle();
    shard.down = true;
    clock.now += 3_600_000;
    const { epochs } = shard;
    for (let again = 0; again < 4; again++) expect(await records.read(TENANT)).toMatchObject({ epoch: 1 });
    expect(shard.epochs).toBe(epochs + 1);
    clock.now += 1;
    await expect(records.read(TENANT)).rejects.toThrow("the shard is down");
  });

  it("is out of KV in a place that has no copy while the shard does not answer", async () => {
    const { clock, shard, settle, place } = tenantWorld();
    await place().isolate().read(TENANT);
    await settle();
    shard.down = true;
    const elsewhere = place().isolate();
    elsewhere.noteEpoch(TENANT, { epoch: 1, at: clock.now });
    expect(await elsewhere.read(TENANT)).toMatchObject({ epoch: 1 });
  });
});
