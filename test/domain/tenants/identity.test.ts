import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatMac,
  formatSecret,
  formatToken,
  MAC_BYTES,
  parseToken,
  SECRET_BYTES,
} from "../../../src/domain/tenants/api-key.ts";
import { bucketInId, isId, newId, timeOfId } from "../../../src/domain/id.ts";

const NOW = 1_795_000_000_000;
const bytes = fc.uint8Array({ minLength: SECRET_BYTES, maxLength: SECRET_BYTES });

describe("ids", () => {
  it("carry their time and bucket, and are UUIDv7", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1023 }), (bucket) => {
        const id = newId("key", NOW, bucket);
        expect([isId("key", id), bucketInId(id), timeOfId(id)]).toEqual([true, bucket, NOW]);
      }),
      { seed: 2 },
    );
  });

  it("have one prefix, and sort by their time", () => {
    expect(isId("exe", newId("ten", NOW))).toBe(false);
    expect(isId("exe", "exe_../../etc/passwd")).toBe(false);
    expect(newId("exe", NOW) < newId("exe", NOW + 1)).toBe(true);
  });
});

describe("bearer tokens", () => {
  it("contain the id and secret that they were made from", () => {
    fc.assert(
      fc.property(bytes, (random) => {
        const key_id = newId("key", NOW, 7);
        const secret = formatSecret(random);
        expect(parseToken(formatToken("live", key_id, secret))).toEqual({ key_id, secret, mac: null });
        const mac = formatMac(random.subarray(0, MAC_BYTES));
        expect(parseToken(formatToken("live", key_id, secret, mac))).toEqual({ key_id, secret, mac });
      }),
      { seed: 3 },
    );
  });

  it("are refused without a look-up if any character is changed", () => {
    const secret = formatSecret(new Uint8Array(SECRET_BYTES).fill(9));
    const token = formatToken("live", newId("key", NOW, 7), secret, formatMac(new Uint8Array(MAC_BYTES).fill(8)));
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "a" ? "b" : "a";
      expect(parseToken(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
    expect(parseToken("")).toBeNull();
    expect(parseToken(`${token}x`)).toBeNull();
  });
});
