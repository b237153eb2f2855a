import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../src/lib/hash.ts";
import { stableJson } from "../../src/lib/stable-json.ts";

describe("stable JSON", () => {
  it("is equal for equal values in any order of keys, and keeps every value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).toReversed());
        expect(stableJson(turned)).toBe(stableJson(object));
        expect(JSON.parse(stableJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
      { seed: 5 },
    );
  });
});

describe("SHA-256", () => {
  it("is computed over the UTF-8 bytes, as sha256sum does", async () => {
    expect(await sha256Hex("é")).toBe("4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
  });
});
