import { describe, expect, it } from "vitest";
import { Authenticator } from "../../../src/services/tenants/authenticate.ts";
import { createKey } from "../../../src/services/tenants/create-key.ts";
import { type ApiKey, issueKey } from "../../../src/services/tenants/issue-key.ts";
import type { FoundKey } from "../../../src/storage/tenants/tenants.ts";
import { STALENESS, tenantWorld } from "../../support/tenant-place.ts";

const TENANT = "ten_a";
const PEPPER = "pepper";

/** Two isolates of a place that has a tenant with one key, whose tokens they accept. */
async function setUp() {
  const world = tenantWorld();
  const { clock, rows, place } = world;
  const now = () => clock.now;
  const stored = new Map<string, ApiKey>();
  const tenants = {
    async findKey(id: string): Promise<FoundKey | undefined> {
      const key = stored.get(id);
      return key && { ...key, tenant_epoch: rows.epoch };
    },
    // As the trigger of `api_keys` does, and the object that the tenant's record asks.
    async insertKey(key: ApiKey) {
      stored.set(key.id, key);
      rows.epoch += 1;
      rows.scopes.push(`key:${key.id}`);
    },
    create: async () => undefined,
    rotateKey: async () => undefined,
    revokeKey: async () => false,
  };
  const here = place();
  const isolate = () => {
    const { cache, records } = here.parts();
    const deps = { now, tenants, records: cache, tenantRecords: records, env: "test", pepper: PEPPER };
    const failures = { perMinute: 10, burst: 10 };
    const authenticate = new Authenticator({ ...deps, staleness: STALENESS, rootKey: "root", failures });
    return { records, authenticate, deps: { ...deps, loadBudgets: async () => [] } };
  };
  const first = await issueKey({ env: "test", pepper: PEPPER, now }, TENANT, { name: "first", scopes: ["admin"] });
  stored.set(first.key.id, first.key);
  return { ...world, isolate, first };
}

describe("the budget of a new key", () => {
  it("holds from its first call on in each isolate of the place, whatever that knows of the tenant", async () => {
    const { isolate, first, settle } = await setUp();
    const [writer, reader] = [isolate(), isolate()];
    await reader.authenticate.principal(first.secret);
    expect(await reader.records.read(TENANT)).toMatchObject({ budget_scopes: [] });
    await settle();
    const wanted = { name: "new", scopes: ["executions:write" as const], daily_budget_usd: 1 };
    const { key, secret } = await createKey(writer.deps, { tenant_id: TENANT, key_id: first.key.id }, wanted);
    await settle();
    await reader.authenticate.principal(secret);
    expect(await reader.records.read(TENANT)).toMatchObject({ budget_scopes: [`key:${key.id}`] });
  });
});
