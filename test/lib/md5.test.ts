import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { md5PrefixOfShort } from "../../src/lib/md5.ts";

const expected = (text: string) => createHash("md5").update(text, "utf8").digest().readUInt32BE(0);

describe("the MD5 of a short text", () => {
  it("begins as the platform's", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", maxLength: 55 }), (text) => {
        expect(md5PrefixOfShort(text)).toBe(expected(text));
      }),
      { seed: 1, numRuns: 2_000 },
    );
    expect(md5PrefixOfShort("exe_01a21689-eb3e-74d0-a36e-eeb7f3e1a2b3")).toBe(
      expected("exe_01a21689-eb3e-74d0-a36e-eeb7f3e1a2b3"),
    );
  });

  it("is not made of a text that is longer than one block, or not ASCII", () => {
    expect(md5PrefixOfShort("a".repeat(56))).toBeUndefined();
    expect(md5PrefixOfShort("é")).toBeUndefined();
  });
});
