import { describe, expect, it } from "vitest";
import { createMemoryTier } from "../../../src/cache/memory.ts";
import { TieredRecordCache } from "../../../src/cache/records.ts";
import { newId } from "../../../src/domain/id.ts";
import { formatSecret, formatToken, SECRET_BYTES } from "../../../src/domain/tenants/api-key.ts";
import { hmacHex } from "../../../src/lib/hash.ts";
import { Authenticator } from "../../../src/services/tenants/authenticate.ts";
import { issueKey } from "../../../src/services/tenants/issue-key.ts";
import type { ApiKeyRow } from "../../../src/storage/tenants/tenants.ts";
import { deferred, fakeTier } from "../../support/tiers.ts";

const PEPPER = "pepper-of-the-tests";
const BURST = 100;
const ADDRESS = "203.0.113.7";
const TENANT = newId("ten", 1);

/** A secret that differs for each `seed`. */
function secretOf(seed: number): string {
  const bytes = new Uint8Array(SECRET_BYTES);
  new DataView(bytes.buffer).setUint32(0, seed);
  return formatSecret(bytes);
}

/** An isolate with the memory of production, whose backends count their calls. */
function world() {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const [edge, kv] = [fakeTier("edge", now), fakeTier("kv", now)];
  const { defer, settle } = deferred();
  const memory = createMemoryTier<never>({ entries: 1_000, bytes: 1 << 24 });
  const records = new TieredRecordCache({ memory, edge, kv, now, random: () => 0, defer });
  const rows = new Map<string, ApiKeyRow>();
  const shard = { reads: 0, down: false };
  const findKey = async (keyId: string) => {
    shard.reads++;
    if (shard.down) throw new Error("the shard is down");
    return rows.get(keyId);
  };
  const authenticator = new Authenticator({
    tenants: { findKey },
    records,
    tenantRecords: { noteEpoch: () => undefined },
    staleness: { freshMs: 5_000, boundMs: 30_000, lastGoodMs: 3_600_000 },
    pepper: PEPPER,
    rootKey: "the-root-key",
    failures: { burst: BURST, perMinute: 60 },
    now,
  });
  const calls = (tier: typeof edge, what: string) => tier.calls.filter((call) => call === what).length;
  const backends = async () => {
    await settle();
    const read = { edge: calls(edge, "get"), kv: calls(kv, "get"), shard: shard.reads };
    return { read, written: calls(edge, "put") + calls(kv, "put") };
  };
  const status = async (token: string, address: string | null = ADDRESS): Promise<number> =>
    authenticator.principal(token, address).then(
      () => 200,
      (error: { status?: number }) => error.status ?? 500,
    );
  const issued = async () => {
    const { key, secret } = await issueKey({ env: "test", pepper: PEPPER, now }, TENANT, { name: "k", scopes: [] });
    rows.set(key.id, key);
    return secret;
  };
  /** A key as it was issued before tokens carried a MAC. */
  const issuedBefore = async (seed: number) => {
    const { key } = await issueKey({ env: "test", pepper: PEPPER, now }, TENANT, { name: "k", scopes: [] });
    const secret = secretOf(seed);
    rows.set(key.id, { ...key, digest: await hmacHex(PEPPER, secret) });
    return formatToken("test", key.id, secret);
  };
  const madeUp = (count: number) =>
    Array.from({ length: count }, (_, at) => formatToken("test", newId("key", clock.now, 5), secretOf(at)));
  return { clock, edge, kv, shard, memory, authenticator, backends, status, issued, issuedBefore, madeUp };
}

function counts(statuses: number[]): Record<number, number> {
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([status, those]) => [status, those.length]),
  );
}

describe("made-up keys", () => {
  it("cost no backend if they have the form of new keys, from whatever address", async () => {
    const { backends, status, madeUp } = world();
    const guess = "0".repeat(11);
    const guesses = madeUp(1_000).map((old) => {
      const [, env = "", hex = "", rest = ""] = old.split("_");
      return formatToken(env, `key_${hex}`, rest.slice(0, 33), guess);
    });
    const statuses = await Promise.all(guesses.map(async (token) => status(token, null)));
    expect(counts(statuses)).toEqual({ 401: 1_000 });
    expect(await backends()).toEqual({ read: { edge: 0, kv: 0, shard: 0 }, written: 0 });
  });

  it("are looked up no more often than the address may fail if they have the form of old keys", async () => {
    const { backends, status, madeUp } = world();
    const statuses = await Promise.all(madeUp(1_000).map(async (token) => status(token)));
    expect(counts(statuses)).toEqual({ 401: BURST, 429: 1_000 - BURST });
    expect(await backends()).toEqual({ read: { edge: BURST, kv: 0, shard: BURST }, written: 0 });
  });

  it("evict no good key from memory, and are written to no cache", async () => {
    const { clock, edge, backends, status, issued, madeUp } = world();
    const good = await issued();
    expect(await status(good)).toBe(200);
    const before = await backends();
    for (const token of madeUp(2_000)) await status(token, null);
    const after = await backends();
    expect(after.written).toBe(before.written);
    edge.calls.length = 0;
    clock.now += 1_000;
    expect(await status(good)).toBe(200);
    expect(edge.calls).toEqual([]);
  });

  it("are remembered for a moment, so that the same one is looked up once", async () => {
    const { clock, shard, status, madeUp } = world();
    const [token = ""] = madeUp(1);
    for (let again = 0; again < 10; again++) expect(await status(token)).toBe(401);
    expect(shard.reads).toBe(1);
    clock.now += 5_001;
    await status(token);
    expect(shard.reads).toBe(2);
  });
});

describe("the throttle of failed authentications", () => {
  it("tells an address when it may try again, and lets it try then", async () => {
    const { clock, authenticator, status, madeUp } = world();
    const tokens = madeUp(BURST + 2);
    for (const token of tokens.slice(0, BURST)) expect(await status(token)).toBe(401);
    const refused = authenticator.principal(tokens[BURST] ?? "", ADDRESS);
    await expect(refused).rejects.toMatchObject({ code: "rate_limit_error", retryAfterMs: 1_000 });
    clock.now += 1_000;
    expect(await status(tokens[BURST + 1] ?? "")).toBe(401);
  });

  it("holds for malformed tokens, for a network of IPv6, and for no other address", async () => {
    const { status } = world();
    for (let at = 0; at < BURST; at++) expect(await status("pbt_test_nonsense", `2001:db8:1:2::${at + 1}`)).toBe(401);
    expect(await status("pbt_test_nonsense", "2001:db8:1:2:ffff::9")).toBe(429);
    expect(await status("pbt_test_nonsense", "2001:db8:1:3::1")).toBe(401);
  });

  it("never refuses an issued key, nor an old key that was good here before", async () => {
    const { clock, status, issued, issuedBefore, madeUp } = world();
    const [fresh, old, unseen] = [await issued(), await issuedBefore(1), await issuedBefore(2)];
    expect(await status(old)).toBe(200);
    for (const token of madeUp(2 * BURST)) await status(token);
    expect([await status(fresh), await status(old), await status(unseen)]).toEqual([200, 200, 429]);
    clock.now += 1_000;
    expect(await status(unseen)).toBe(200);
  });

  it("counts neither good old keys nor those that a shard could not tell of", async () => {
    const { shard, status, issuedBefore, madeUp } = world();
    for (let at = 0; at < 2 * BURST; at++) expect(await status(await issuedBefore(at))).toBe(200);
    shard.down = true;
    for (const token of madeUp(2 * BURST)) expect(await status(token)).toBe(500);
    shard.down = false;
    expect(await status(await issuedBefore(1_000))).toBe(200);
  });
});
