import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSchema } from "../../../src/domain/json-schema/check-schema.ts";
import { compilePattern } from "../../../src/domain/json-schema/pattern.ts";
import { membersOf } from "../../../src/domain/json-schema/unicode-properties.ts";

const SEED = 20261126;
/** General categories, scripts and binary properties, in the ways to write them. */
const NAMES = (
  "L Lu Letter gc=Lowercase_Letter General_Category=Nd Cn Cs Co So punct Any ASCII Assigned Alphabetic Uppercase " +
  "Emoji White_Space Noncharacter_Code_Point Default_Ignorable_Code_Point Script=Greek sc=Cyrl Script=Han " +
  "scx=Deva Script_Extensions=Arabic sc=Zyyy"
).split(" ");
const LAST_CODE_POINT = 0x10_ff_ff;

describe("a property of Unicode in a pattern", () => {
  it.each(["p{L}", "P{Cn}", "p{Cs}", "p{Alphabetic}", "p{Noncharacter_Code_Point}", "p{scx=Deva}", "P{DI}", "p{Any}"])(
    "has the members that the engine knows: %s",
    (name) => {
      const members = memberSet(membersOf(`\\${name}`));
      const native = RegExp(`^\\${name}$`, "u");
      const wrong = members.findIndex((member, codePoint) => native.test(String.fromCodePoint(codePoint)) !== !!member);
      expect(wrong).toBe(-1);
    },
  );

  it("means the same within and outside of classes, with and without regard to case", () => {
    const property = fc.property(patterns, fc.array(texts, { minLength: 20, maxLength: 20 }), (source, samples) => {
      const [ours, native] = [compilePattern(source), RegExp(source, "u")];
      for (const text of samples) expect(ours.matcher(text).find(), `${source} ${text}`).toBe(native.test(text));
    });
    fc.assert(property, { seed: SEED, numRuns: 100 });
  });

  it.each([[String.raw`\p{Klingon}`], [String.raw`\p{RGI_Emoji}`], [String.raw`\pL`]])(
    "is refused where ECMAScript does not have it: %s",
    (source) => {
      expect(() => compilePattern(source)).toThrow("regular expression");
    },
  );

  it("is refused in a schema whose patterns name more than a hundred", () => {
    const within = schemaOf([...Array(10).keys()].map((index) => String.raw`\p{L}\P{Lu}`.repeat(5) + index));
    expect(checkSchema(within)).toEqual([]);
    const beyond = schemaOf(
      [0, 1, 2].map((index) => String.raw`[^\p{L}]`.repeat(30) + index + String.raw`\P{N}`.repeat(2)),
    );
    expect(checkSchema({ ...beyond, pattern: String.raw`\p{L}`.repeat(5) })).toMatchObject([
      { message: "names one of more than 100 properties of Unicode" },
    ]);
  });
});

/** For each code point 1 if it is in the ranges of a character class, 0 if not. */
function memberSet(ranges: string): Uint8Array {
  const members = new Uint8Array(LAST_CODE_POINT + 1);
  for (const [, first = "", last = ""] of ranges.matchAll(/\\x\{(\w+)\}-\\x\{(\w+)\}/g)) {
    members.fill(1, Number.parseInt(first, 16), Number.parseInt(last, 16) + 1);
  }
  return members;
}

function schemaOf(patterns: string[]) {
  return { type: "object", properties: Object.fromEntries(patterns.map((pattern) => [pattern, { pattern }])) };
}

const escapes = fc
  .tuple(fc.constantFrom("p", "P"), fc.constantFrom(...NAMES))
  .map(([kind, name]) => `\\${kind}{${name}}`);
const members = fc.oneof(
  { weight: 3, arbitrary: escapes },
  { weight: 1, arbitrary: fc.constantFrom("a-f", "é", "Ω-я") },
);
const classes = fc
  .tuple(fc.constantFrom("[", "[^"), fc.array(members, { minLength: 1, maxLength: 3 }))
  .map(([open, inside]) => `${open}${inside.join("")}]`);
const pieces = fc
  .tuple(fc.oneof(escapes, classes), fc.constantFrom("", "+", "?", "{2}"))
  .map(([piece, times]) => piece + times);
const patterns = fc
  .tuple(fc.array(pieces, { minLength: 1, maxLength: 3 }), fc.constantFrom(["", ""], ["^", "$"], ["(?i:", ")"]))
  .map(([parts, [before, after]]) => `${before}${parts.join("")}${after}`);
const codePoints = fc.oneof(
  fc.integer({ min: 0, max: LAST_CODE_POINT }),
  fc.integer({ min: 0x20, max: 0x5_ff }),
  fc.constantFrom(
    ...Array.from("aZ9 _.éßſΩωяЖ漢अ😀İıK\u{1F88}\u{E0001}\u{10400}\u{10428}", (text) => text.codePointAt(0) ?? 0),
  ),
);
const texts = fc
  .array(codePoints, { minLength: 1, maxLength: 4 })
  .map((list) => list.map((codePoint) => String.fromCodePoint(codePoint)).join(""));
