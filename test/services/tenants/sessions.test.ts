import { describe, expect, it } from "vitest";
import { encrypt, importAesKey } from "../../../src/lib/aes-gcm.ts";
import { fromBase64, toBase64, toBase64Url, utf8 } from "../../../src/lib/encoding.ts";
import { Sessions } from "../../../src/services/tenants/sessions.ts";
import { signIn } from "../../../src/services/tenants/sign-in.ts";
import { createVault } from "../../../src/services/tenants/vault.ts";

const NOW = 1_795_000_000_000;
const HOUR_MS = 3_600_000;
const KEY = "pbt_test_0123456789abcdef_secret";
const OURS = toBase64(new Uint8Array(32).fill(7));
const session = { key: KEY, expires_at: NOW + HOUR_MS };

/** The sessions of an isolate of a deployment, and the clock that it reads. */
function isolate(keyEncryptionKey = OURS) {
  const clock = { at: NOW };
  return { clock, sessions: new Sessions({ now: () => clock.at, keyEncryptionKey }) };
}

describe("a session's cookie", () => {
  it("is the session that was sealed, in each isolate of the deployment", async () => {
    const cookie = await isolate().sessions.seal(session);
    const { sessions } = isolate();
    expect([await sessions.open(cookie), await sessions.open(cookie)]).toEqual([session, session]);
  });

  it("has nothing to read in it, fits into a header, and is another one each time", async () => {
    const { sessions } = isolate();
    const [cookie, again] = [await sessions.seal(session), await sessions.seal(session)];
    expect(cookie).toMatch(/^[\w-]{80,400}$/);
    expect(again).not.toBe(cookie);
    for (const text of [cookie, Buffer.from(cookie, "base64url").toString("latin1")]) {
      for (const part of [KEY, "pbt_", "secret", String(session.expires_at)]) expect(text).not.toContain(part);
    }
  });

  it("ends by the server's clock, also where the isolate has opened it before", async () => {
    const { sessions, clock } = isolate();
    const cookie = await sessions.seal(session);
    clock.at = session.expires_at - 1;
    expect(await sessions.open(cookie)).toEqual(session);
    clock.at = session.expires_at;
    expect([await sessions.open(cookie), await sessions.open(cookie)]).toEqual([null, null]);
  });

  it("does not open where any of its bytes was changed, or it was cut or lengthened", async () => {
    const { sessions } = isolate();
    const cookie = await sessions.seal(session);
    const bytes = fromBase64(cookie);
    for (const at of bytes.keys()) {
      const changed = bytes.with(at, (bytes[at] ?? 0) ^ 1);
      expect([at, await sessions.open(toBase64Url(changed))]).toEqual([at, null]);
    }
    for (const text of [
      cookie.slice(0, -4),
      `${cookie}AAAA`,
      cookie.slice(0, 8),
      "",
      "A".repeat(2_000),
      `${cookie}.`,
    ]) {
      expect(await sessions.open(text)).toBeNull();
    }
  });

  it("does not open in a deployment with another key-encryption key", async () => {
    const cookie = await isolate(toBase64(new Uint8Array(32).fill(8))).sessions.seal(session);
    expect(await isolate().sessions.open(cookie)).toBeNull();
  });

  it("is nothing that the vault has sealed, whatever stands in it", async () => {
    const { sessions } = isolate();
    const vault = createVault(OURS);
    const plain = `${NOW + HOUR_MS} ${KEY}`;
    const purpose = "pbt-edge session cookie 1";
    const dataKey = await vault.newDataKey(purpose);
    const providerKey = await vault.seal(dataKey, purpose, purpose, plain);
    const underTheWrappingKey = await encrypt(await importAesKey(fromBase64(OURS)), purpose, utf8(plain));
    for (const sealed of [dataKey, providerKey, toBase64(underTheWrappingKey)]) {
      expect(await sessions.open(toBase64Url(fromBase64(sealed)))).toBeNull();
    }
  });
});

describe("signing in", () => {
  const principal = { tenant_id: "ten_a", key_id: "key_a", scopes: ["usage:read"] } as const;
  /** The session that begins with a key that expires then. */
  async function begin(expires_at: number | null) {
    const { sessions } = isolate();
    const rows = {
      find: async () => ({ id: "ten_a", name: "acme" }) as never,
      findKey: async () => ({ id: "key_a", name: "reader", expires_at }) as never,
    };
    const begun = await signIn({ now: () => NOW, tenants: rows, sessions }, principal, KEY);
    return { ...begun, session: await sessions.open(begun.cookie) };
  }

  it("begins a session of twelve hours for the key", async () => {
    const { signed_in, max_age_s, session: begun } = await begin(null);
    expect(signed_in).toEqual({
      tenant: { id: "ten_a", name: "acme" },
      key: { id: "key_a", name: "reader", scopes: ["usage:read"] },
      expires_at: NOW + 12 * HOUR_MS,
    });
    expect([max_age_s, begun]).toEqual([43_200, { key: KEY, expires_at: NOW + 12 * HOUR_MS }]);
  });

  it("begins none that outlasts its key", async () => {
    const { signed_in, max_age_s, session: begun } = await begin(NOW + HOUR_MS);
    expect([signed_in.expires_at, max_age_s, begun?.expires_at]).toEqual([NOW + HOUR_MS, 3_600, NOW + HOUR_MS]);
  });
});
