import { expect, it } from "vitest";
import { TenantRecordRepository } from "../../src/storage/tenants/tenant-records.ts";
import { TenantRepository } from "../../src/storage/tenants/tenants.ts";
import { newKey, newTenant } from "../support/api.ts";
import { shards } from "../support/shards.ts";

it("of a tenant's keys, those are named that were revoked before a time", async () => {
  const [{ id, key, keyId }, stranger] = await Promise.all([newTenant(), newTenant()]);
  const [early, late] = await Promise.all([newKey(key, ["prompts:read"]), newKey(key, ["prompts:read"])]);
  const foreign = await newKey(stranger.key, ["prompts:read"]);
  const tenants = new TenantRepository(shards);
  expect(await tenants.revokeKey(id, early.id, 1_000)).toBe(true);
  expect(await tenants.revokeKey(id, late.id, 2_000)).toBe(true);
  expect(await tenants.revokeKey(stranger.id, foreign.id, 1_000)).toBe(true);
  const ids = [keyId, early.id, late.id, foreign.id];
  expect(await new TenantRecordRepository(shards).revokedBefore(id, ids, 2_000)).toEqual([early.id]);
});
