import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/domain/id.ts";
import { bucketOf } from "../../src/domain/shard.ts";
import { TenantRecordRepository } from "../../src/storage/tenants/tenant-records.ts";
import { TenantRepository } from "../../src/storage/tenants/tenants.ts";
import { shards } from "../support/shards.ts";

const NOW = 1_795_000_000_000;
const repository = new TenantRecordRepository(shards);
const databases = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];

/**
 * A tenant with one key, on its shard. `write` runs SQL there, as earlier versions do. Other shards
 * have no row of the tenant, so the SQL changes nothing in them.
 */
async function setUp() {
  const id = newId("ten", NOW);
  const key_id = newId("key", NOW, bucketOf(id));
  const key = {
    id: key_id,
    tenant_id: id,
    name: "first",
    scopes: [],
    digest: "d",
    previous_digest: null,
    previous_expires_at: null,
    expires_at: null,
    revoked_at: null,
    daily_budget_usd: null,
    monthly_budget_usd: null,
    created_at: NOW,
  };
  const tenants = new TenantRepository(shards);
  await tenants.create({ id, name: "acme", wrapped_data_key: "w", created_at: NOW, epoch: 0 }, key);
  const write = async (sql: string) => {
    for (const database of databases) {
      const known = await database.prepare("select 1 from tenants where id = ?").bind(id).first();
      if (known) await database.prepare(sql).run();
    }
  };
  const epoch = async () => (await repository.epoch(id)) ?? -1;
  return { id, key_id, key, tenants, write, epoch };
}

const price = (id: string) =>
  `insert into tenant_prices (tenant_id, provider, model, input, output, created_at, updated_at)
   values ('${id}', 'openai', 'm', 1, 2, 0, 0)`;
const providerKey = (id: string) =>
  `insert into provider_keys (tenant_id, provider, name, version, ciphertext, hint, created_at, updated_at)
   values ('${id}', 'openai', 'main', 1, 'c', 'h', 0, 0)`;

const upstream = (id: string) =>
  `insert into upstreams (tenant_id, name, version, kind, base_url, header_names, created_at, updated_at)
   values ('${id}', 'llm', 1, 'openai', 'https://llm.example.com', '[]', 0, 0)`;

const telemetry = (id: string) =>
  `insert into tenant_telemetry (tenant_id, version, otlp_endpoint, headers, header_names, sample, content, created_at, updated_at)
   values ('${id}', 1, 'https://otel.example.com', 'c', '[]', 1, 0, 0, 0)`;

describe("a tenant's epoch", () => {
  it("grows with each change of its provider keys, prices, upstreams and collector, whichever version writes it", async () => {
    const { id, write, epoch } = await setUp();
    const seen = [await epoch()];
    for (const sql of [
      providerKey(id),
      `update provider_keys set rpm = 1 where tenant_id = '${id}'`,
      `delete from provider_keys where tenant_id = '${id}'`,
      price(id),
      `update tenant_prices set input = 3 where tenant_id = '${id}'`,
      `delete from tenant_prices where tenant_id = '${id}'`,
      upstream(id),
      `update upstreams set kind = 'anthropic' where tenant_id = '${id}'`,
      `delete from upstreams where tenant_id = '${id}'`,
      telemetry(id),
      `update tenant_telemetry set sample = 0 where tenant_id = '${id}'`,
      `delete from tenant_telemetry where tenant_id = '${id}'`,
    ]) {
      await write(sql);
      seen.push(await epoch());
    }
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(seen).toHaveLength(13);
  });

  it("grows with keys that have a budget and when they are revoked, and stays for others", async () => {
    const { id, key, tenants, epoch } = await setUp();
    const first = await epoch();
    await tenants.insertKey({ ...key, id: newId("key", NOW, bucketOf(id)) });
    expect(await epoch()).toBe(first);
    const budgeted = { ...key, id: newId("key", NOW, bucketOf(id)), daily_budget_usd: 5 };
    await tenants.insertKey(budgeted);
    const second = await epoch();
    expect(second).toBeGreaterThan(first);
    await tenants.revokeKey(id, budgeted.id, NOW);
    expect(await epoch()).toBeGreaterThan(second);
  });

  it("grows when a version before changes a budget in the tenant's object", async () => {
    const { id, epoch } = await setUp();
    const budgets = env.TENANT_BUDGETS.getByName(id);
    const seen = [await epoch()];
    for (const daily_nanousd of [1_000, 2_000]) {
      await budgets.change("tenant", { scope: "tenant", daily_nanousd, monthly_nanousd: null, alerts: [1] });
      seen.push(await epoch());
    }
    await budgets.change("tenant", null);
    seen.push(await epoch());
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(seen).toHaveLength(4);
  });

  it("is raised for what no row shows, and is no number that was used before a restore", async () => {
    const { id, write, epoch } = await setUp();
    await repository.raiseEpoch(id);
    const used = await epoch();
    expect(used).toBeGreaterThan(NOW);
    await write(`update tenants set epoch = 0 where id = '${id}'`);
    await repository.raiseEpoch(id);
    expect(await epoch()).toBeGreaterThanOrEqual(used);
  });

  it("comes with the key of a request, and with the rows of the tenant's record", async () => {
    const { id, key_id, tenants, write, epoch } = await setUp();
    await write(providerKey(id));
    await write(price(id));
    await write(upstream(id));
    expect(await tenants.findKey(key_id)).toMatchObject({ tenant_id: id, tenant_epoch: await epoch() });
    const rows = await repository.load(id);
    expect(rows).toMatchObject({
      tenant: { id, epoch: await epoch() },
      provider_keys: [{ name: "main" }],
      prices: [{ model: "m" }],
      upstreams: [{ name: "llm", kind: "openai", header_names: [] }],
      budgeted_keys: [],
    });
  });
});
