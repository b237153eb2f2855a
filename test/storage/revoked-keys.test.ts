import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { apiKeys } from "../../src/storage/schema.ts";
import { TenantRecordRepository } from "../../src/storage/tenants/tenant-records.ts";
import { TenantRepository } from "../../src/storage/tenants/tenants.ts";
import { newKey, newTenant } from "../support/api.ts";
import { shards } from "../support/shards.ts";

it("of a tenant's keys, those are named that were revoked or expired before a time", async () => {
  const [{ id, key, keyId }, stranger] = await Promise.all([newTenant(), newTenant()]);
  const [early, late] = await Promise.all([newKey(key, ["prompts:read"]), newKey(key, ["prompts:read"])]);
  const foreign = await newKey(stranger.key, ["prompts:read"]);
  const tenants = new TenantRepository(shards);
  expect(await tenants.revokeKey(id, early.id, 1_000)).toBe(true);
  expect(await tenants.revokeKey(id, late.id, 2_000)).toBe(true);
  expect(await tenants.revokeKey(stranger.id, foreign.id, 1_000)).toBe(true);
  const expiry = Date.now() + 60_000;
  const brief = await newKey(key, ["prompts:read"], { expires_at: new Date(expiry).toISOString() });
  const many = Array.from({ length: 200 }, (_, at) => `key_${at}`);
  const ids = [keyId, early.id, late.id, foreign.id, brief.id, ...many];
  const records = new TenantRecordRepository(shards);
  expect(await records.endedBefore(id, ids, 2_000)).toEqual([early.id]);
  const all = [early.id, late.id, brief.id].toSorted();
  expect((await records.endedBefore(id, ids, expiry + 1)).toSorted()).toEqual(all);
});

it("an admin key that ends may be revoked beside one that lasts a week, for it may have leaked", async () => {
  const { id, key, keyId } = await newTenant();
  const [left, brief] = await Promise.all([newKey(key, ["admin"]), newKey(key, ["admin"])]);
  const tenants = new TenantRepository(shards);
  const now = Date.now();
  const endsIn = async (keyOf: string, days: number) =>
    shards
      .of(id)
      .update(apiKeys)
      .set({ expires_at: now + days * 86_400_000 })
      .where(eq(apiKeys.id, keyOf));
  await endsIn(left.id, 19);
  await endsIn(brief.id, 6);
  expect(await tenants.revokeKey(id, keyId, now)).toBe(false);
  await endsIn(keyId, 20);
  expect(await tenants.revokeKey(id, keyId, now)).toBe(true);
  expect(await tenants.revokeKey(id, left.id, now)).toBe(false);
  expect(await tenants.revokeKey(id, brief.id, now)).toBe(true);
});
