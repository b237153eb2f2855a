import { describe, expect, it } from "vitest";
import { IMMUTABLE } from "../../../src/cache/records.ts";
import { formatSecret, formatToken, SECRET_BYTES } from "../../../src/domain/tenants/api-key.ts";
import { newId } from "../../../src/domain/id.ts";
import { hmacHex } from "../../../src/lib/hash.ts";
import { Authenticator } from "../../../src/services/tenants/authenticate.ts";
import { uncached } from "../../support/uncached.ts";
import { createVault } from "../../../src/services/tenants/vault.ts";
import type { ApiKeyRow } from "../../../src/storage/tenants/tenants.ts";

const NOW = 1_795_000_000_000;
const PEPPER = "pepper-of-the-tests";

async function withKey(change: Partial<ApiKeyRow> = {}) {
  const id = newId("key", NOW, 5);
  const secret = formatSecret(new Uint8Array(SECRET_BYTES).fill(3));
  const row: ApiKeyRow = {
    id,
    tenant_id: newId("ten", NOW),
    name: "k",
    scopes: ["prompts:read"],
    digest: await hmacHex(PEPPER, secret),
    previous_digest: null,
    previous_expires_at: null,
    expires_at: null,
    revoked_at: null,
    daily_budget_usd: null,
    monthly_budget_usd: null,
    created_at: NOW,
    ...change,
  };
  const lookups: string[] = [];
  const findKey = async (keyId: string) => {
    lookups.push(keyId);
    return keyId === row.id ? row : undefined;
  };
  const deps = {
    tenants: { findKey },
    records: uncached,
    tenantRecords: { noteEpoch: () => undefined },
    staleness: IMMUTABLE,
    pepper: PEPPER,
    rootKey: "the-root-key",
    failures: { burst: 100, perMinute: 60 },
    now: () => NOW,
  };
  return { row, token: formatToken("test", id, secret), lookups, authenticate: new Authenticator(deps) };
}

describe("authentication", () => {
  it("tells the tenant's epoch with the age of the key's copy that names it", async () => {
    const { row, token } = await withKey();
    const noted: unknown[] = [];
    const value = { ...row, tenant_epoch: 7 } as never;
    const authenticate = new Authenticator({
      tenants: { findKey: async () => row },
      records: { read: async () => ({ value, age_ms: 2_000, tier: "memory", degraded: false }) },
      tenantRecords: { noteEpoch: (...known) => void noted.push(known) },
      staleness: IMMUTABLE,
      pepper: PEPPER,
      rootKey: "the-root-key",
      failures: { burst: 100, perMinute: 60 },
      now: () => NOW,
    });
    await authenticate.principal(token);
    expect(noted).toEqual([[row.tenant_id, { epoch: 7, at: NOW - 2_000 }]]);
  });

  it("identifies the caller", async () => {
    const { row, token, authenticate } = await withKey();
    expect(await authenticate.principal(token)).toEqual({
      tenant_id: row.tenant_id,
      key_id: row.id,
      scopes: ["prompts:read"],
    });
  });

  it("refuses a bad checksum without a look-up", async () => {
    const { token, lookups, authenticate } = await withKey();
    await expect(authenticate.principal(`${token.slice(0, -1)}!`)).rejects.toMatchObject({ status: 401 });
    expect(lookups).toEqual([]);
  });

  it.each([
    ["expired, to the millisecond", { expires_at: NOW }],
    ["revoked", { revoked_at: NOW - 1 }],
    ["of another secret", { digest: "00".repeat(32) }],
  ])("refuses a key that is %s", async (_what, change) => {
    const { token, authenticate } = await withKey(change);
    await expect(authenticate.principal(token)).rejects.toMatchObject({ code: "authentication_error" });
  });

  it("accepts the previous secret until its overlap ends", async () => {
    const { row, token, authenticate } = await withKey();
    Object.assign(row, { previous_digest: row.digest, digest: "00".repeat(32), previous_expires_at: NOW + 1 });
    expect(await authenticate.principal(token)).toMatchObject({ key_id: row.id });
    row.previous_expires_at = NOW;
    await expect(authenticate.principal(token)).rejects.toMatchObject({ status: 401 });
  });

  it("revalidates a copy that does not know the secret, but not for every wrong secret", async () => {
    const { row, token } = await withKey();
    const reads: boolean[] = [];
    const copy = { age_ms: 2_000, row: { ...row, digest: "00".repeat(32) } };
    const read = async (_key: string, { revalidate = false }: { revalidate?: boolean }) => {
      reads.push(revalidate);
      const value = revalidate ? row : copy.row;
      return { value: value as never, age_ms: revalidate ? 0 : copy.age_ms, tier: "memory" as const, degraded: false };
    };
    const authenticate = new Authenticator({
      tenants: { findKey: async () => row },
      records: { read },
      tenantRecords: { noteEpoch: () => undefined },
      staleness: IMMUTABLE,
      pepper: PEPPER,
      rootKey: "the-root-key",
      failures: { burst: 100, perMinute: 60 },
      now: () => NOW,
    });
    expect(await authenticate.principal(token)).toMatchObject({ key_id: row.id });
    expect(reads).toEqual([false, true]);
    copy.age_ms = 500;
    await expect(authenticate.principal(token)).rejects.toMatchObject({ status: 401 });
    expect(reads).toEqual([false, true, false]);
  });

  it("accepts only the exact root key", async () => {
    const { authenticate } = await withKey();
    const known = await Promise.all(
      ["the-root-key", "the-root-kez", "", null].map(async (key) => authenticate.isRoot(key)),
    );
    expect(known).toEqual([true, false, false, false]);
  });
});

describe("the vault", () => {
  const vault = createVault(btoa("0123456789abcdef0123456789abcdef"));

  it("decrypts a secret only with the associated data that it was encrypted with", async () => {
    const key = await vault.newDataKey("ten_a");
    const sealed = await vault.seal(key, "ten_a", "ten_a|openai|main|1", "sk-secret");
    expect(sealed).not.toContain("sk-secret");
    expect(await vault.open(key, "ten_a", "ten_a|openai|main|1", sealed)).toBe("sk-secret");
    await expect(vault.open(key, "ten_a", "ten_a|openai|main|2", sealed)).rejects.toThrow(Error);
    await expect(vault.open(key, "ten_b", "ten_a|openai|main|1", sealed)).rejects.toThrow(Error);
  });

  it("never encrypts the same secret to the same bytes", async () => {
    const key = await vault.newDataKey("ten_a");
    expect(await vault.seal(key, "ten_a", "x", "s")).not.toBe(await vault.seal(key, "ten_a", "x", "s"));
  });
});
