import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { TenantTelemetry } from "../../../src/services/traces/tenant-telemetry.ts";
import type { TenantRecord } from "../../../src/services/tenants/tenant-records.ts";
import { createVault } from "../../../src/services/tenants/vault.ts";
import type { TelemetryRow } from "../../../src/storage/tenants/telemetry.ts";

const WANTED = { otlp_endpoint: "https://otel.example.com", sample: 0.5, content: true };

/** A tenant with a row and its record, and the rules of a deployment. */
async function world() {
  const vault = createVault(btoa("0123456789abcdef0123456789abcdef"));
  const wrapped_data_key = await vault.newDataKey("ten_a");
  const clock = { now: 7 };
  const rules = { allowedOrigins: [] as string[] };
  const stored: { row: TelemetryRow | null } = { row: null };
  const faults: unknown[] = [];
  const source = { isDown: false };
  const record = async () => {
    if (source.isDown) throw new Error("no database");
    return { wrapped_data_key, telemetry: stored.row } as TenantRecord;
  };
  const telemetry = new TenantTelemetry({
    now: () => clock.now,
    vault,
    onFault: (event, _error, ids) => faults.push([event, ids]),
    tenants: { find: async () => ({ id: "ten_a", name: "a", wrapped_data_key, created_at: 1, epoch: 1 }) },
    tenantRecords: { readWithTelemetry: record, refresh: async () => 1 },
    telemetry: {
      put: async (row) => ({ row: (stored.row = row), created: true }),
      find: async () => stored.row ?? undefined,
      delete: async () => true,
    },
    get allowedOrigins() {
      return rules.allowedOrigins;
    },
  });
  return { telemetry, stored, rules, clock, faults, source };
}

const faultOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof AppError ? error.errors?.[0] : error),
  );

describe("a tenant's collector", () => {
  it("has its headers encrypted at rest, and opened to send", async () => {
    const { telemetry, stored } = await world();
    await telemetry.put("ten_a", { ...WANTED, headers: { "X-Key": "a-secret" } });
    expect(JSON.stringify(stored.row)).not.toContain("a-secret");
    expect(stored.row?.header_names).toEqual(["x-key"]);
    expect(await telemetry.collectorOf("ten_a")).toEqual({
      id: "ten_a",
      url: "https://otel.example.com/v1/traces",
      headers: { "x-key": "a-secret" },
      sample: 0.5,
      content: true,
    });
  });

  it("tells its share once it was read", async () => {
    const { telemetry } = await world();
    await telemetry.put("ten_a", WANTED);
    expect(telemetry.shareOf("ten_a")).toBe(0);
    await telemetry.collectorOf("ten_a");
    expect(telemetry.shareOf("ten_a")).toBe(0.5);
  });

  it("may be there until it was read that there is none, and again some seconds later, or once it is set", async () => {
    const { telemetry, clock } = await world();
    expect(telemetry.mayHaveCollector("ten_a")).toBe(true);
    await telemetry.collectorOf("ten_a");
    expect(telemetry.mayHaveCollector("ten_a")).toBe(false);
    clock.now += 5_000;
    expect(telemetry.mayHaveCollector("ten_a")).toBe(true);
    await telemetry.collectorOf("ten_a");
    await telemetry.put("ten_a", WANTED);
    expect(telemetry.mayHaveCollector("ten_a")).toBe(true);
  });

  it.each([
    "http://otel.example.com",
    "https://10.0.0.1",
    "https://[::1]/",
    "https://otel.internal",
    "https://otel",
    "x",
  ])("cannot be %s", async (otlp_endpoint) => {
    const { telemetry } = await world();
    expect(await faultOf(telemetry.put("ten_a", { ...WANTED, otlp_endpoint }))).toMatchObject({
      path: "otlp_endpoint",
    });
  });

  it("may be none, where a tenant only has content recorded", async () => {
    const { telemetry, stored } = await world();
    await telemetry.put("ten_a", { content: true });
    expect(stored.row).toMatchObject({ otlp_endpoint: "", sample: 0, content: true });
    expect([await telemetry.collectorOf("ten_a"), telemetry.mayHaveCollector("ten_a")]).toEqual([null, false]);
    const { sample, ...unshared } = WANTED;
    expect(await faultOf(telemetry.put("ten_a", unshared))).toMatchObject({ path: "sample" });
    expect(await faultOf(telemetry.put("ten_a", { content: true, sample }))).toMatchObject({ path: "sample" });
    expect(await faultOf(telemetry.put("ten_a", { content: true, headers: {} }))).toMatchObject({ path: "headers" });
  });

  it("cannot have headers that are ours to write", async () => {
    const { telemetry } = await world();
    const bad: Record<string, string>[] = [{ Host: "x" }, { "content-length": "1" }, { "x-a": "b\nc" }];
    for (const headers of bad) {
      expect(await faultOf(telemetry.put("ten_a", { ...WANTED, headers }))).toMatchObject({
        path: expect.stringMatching(/^headers\./),
      });
    }
  });

  it("is left out where it cannot be read or opened, which is told once until it can", async () => {
    const { telemetry, stored, faults, source } = await world();
    await telemetry.put("ten_a", WANTED);
    await telemetry.collectorOf("ten_a");
    const good = stored.row;
    source.isDown = true;
    for (let n = 0; n < 3; n++) expect(await telemetry.collectorOf("ten_a")).toBeNull();
    const told = ["collector_unreadable", { tenant_id: "ten_a" }];
    expect([faults, telemetry.shareOf("ten_a")]).toEqual([[told], 0.5]);
    source.isDown = false;
    expect(await telemetry.collectorOf("ten_a")).toMatchObject({ id: "ten_a" });
    stored.row = good && { ...good, headers: "sealed by another key" };
    for (let n = 0; n < 3; n++) expect(await telemetry.collectorOf("ten_a")).toBeNull();
    expect([faults, telemetry.mayHaveCollector("ten_a")]).toEqual([[told, told], true]);
  });

  it("gets nothing once the rules refuse its address", async () => {
    const { telemetry, rules } = await world();
    rules.allowedOrigins = ["http://otel.test"];
    await telemetry.put("ten_a", { ...WANTED, otlp_endpoint: "http://otel.test" });
    rules.allowedOrigins = [];
    expect(await telemetry.collectorOf("ten_a")).toBeNull();
  });
});
