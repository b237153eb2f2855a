import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonFault, MAX_JSON_DEPTH } from "../../src/lib/json-fault.ts";
import { orderedObject, parseExact, parseOrdered } from "../../src/lib/ordered-json.ts";

describe("JSON in its order", () => {
  it("keeps the order of names that look like numbers, at any depth and through a copy", () => {
    const text = '{"x":[{"2025":1,"2024":{"b":"\\":2","10":0,"a":1,"9":[]}}],"__proto__":{"2":1,"1":2}}';
    const value = parseOrdered(text);
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it("is the value that JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.nat().map(String), fc.jsonValue()), (value, numbered) => {
        const text = JSON.stringify({ value, numbered });
        expect(parseOrdered(text)).toEqual(JSON.parse(text));
      }),
      { seed: 7 },
    );
  });

  it("is an ordinary object where the order is the ordinary one", () => {
    expect(Object.keys(orderedObject([["b", 1], ["a", 2]]))).toEqual(["b", "a"]); // prettier-ignore
    expect(Object.keys(orderedObject([["10", 1], ["9", 2]]))).toEqual(["10", "9"]); // prettier-ignore
  });
});

describe("JSON with its digits", () => {
  it("is written again as it was, also below names that look like numbers", () => {
    const text = '{"2":{"id":9007199254740993,"n":[-12345678901234567890,1e400]},"1":1.5,"s":"9007199254740993"}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
    expect(JSON.stringify(parseOrdered(text))).not.toBe(text);
  });

  it("is the value that JSON.parse gives where no digit is lost", () => {
    const text = '{"a":[1,2.5,1e3,"1234567890123456",9007199254740991,0.12345678901234567]}';
    expect(parseExact(text)).toEqual(JSON.parse(text));
  });

  it("throws what JSON.parse throws for what is no JSON", () => {
    expect(() => parseExact('{"a":12345678901234567')).toThrow(SyntaxError);
  });
});

describe("a fault in JSON", () => {
  const deep = (levels: number) => `${"[".repeat(levels)}1${"]".repeat(levels)}`;

  it.each([
    ['{"x":{"id":9007199254740993}}', "x.id", /2\^53/],
    ['{"x":[1,-9007199254740992]}', "x.1", /2\^53/],
    ['{"x":1e400}', "x", /too large/],
    ['{"user":"a\\ud800"}', "user", /surrogate/],
    ['{"x":{"\\udc00":1}}', "x", /surrogate/],
    [deep(100_000), `${"0.".repeat(MAX_JSON_DEPTH - 1)}0`, /deep/],
  ])("is found with its place: %#", (text, path, message) => {
    expect(jsonFault(JSON.parse(text))).toEqual({ path, message: expect.stringMatching(message) });
  });

  it.each(['{"x":9007199254740991}', '{"x":0.1}', '"\\ud83c\\udf0d"', deep(MAX_JSON_DEPTH - 1)])(
    "is none in %#, which survives",
    (text) => {
      expect(jsonFault(JSON.parse(text))).toBeUndefined();
    },
  );
});
