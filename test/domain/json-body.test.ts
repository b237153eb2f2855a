import { describe, expect, it } from "vitest";
import { parseJsonBody } from "../../src/domain/json-body.ts";

const notJson = (cause: unknown) => new Error("not JSON", { cause });

describe("a body in JSON", () => {
  it("may have a byte order mark before it, and none inside", () => {
    expect(parseJsonBody('\uFEFF{"a": 1}', notJson)).toEqual({ a: 1 });
    expect(() => parseJsonBody('\uFEFF\uFEFF{"a": 1}', notJson)).toThrow("not JSON");
    expect(() => parseJsonBody("\uFEFF", notJson)).toThrow("not JSON");
  });
});
