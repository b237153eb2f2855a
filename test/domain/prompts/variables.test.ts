import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VariableSpec } from "../../../src/domain/prompts/prompt.ts";
import { bindVariables } from "../../../src/domain/prompts/variables.ts";
import { faultsOf } from "../template/support.ts";

const spec = (type: VariableSpec["type"], more: Partial<VariableSpec> = {}): VariableSpec => ({
  type,
  required: true,
  ...more,
});
const fault = (declared: VariableSpec, value: unknown): string =>
  faultsOf(() => bindVariables({ x: declared }, { x: value }))
    .map(({ path, message }) => `${path}: ${message}`)
    .join("; ");

describe("binding variables", () => {
  it("takes the given values and fills in defaults", () => {
    const specs = {
      a: spec("string"),
      b: spec("integer", { required: false, default: 3 }),
      c: spec("list", { required: false }),
    };
    expect(bindVariables(specs, { a: "x" })).toEqual({ a: "x", b: 3 });
    expect(bindVariables(specs, { a: "x", b: 4, c: [1] })).toEqual({ a: "x", b: 4, c: [1] });
  });

  it("treats null as absent for an optional variable", () => {
    expect(bindVariables({ a: spec("string", { required: false, default: "d" }) }, { a: null })).toEqual({ a: "d" });
    expect(bindVariables({ a: spec("string", { required: false }) }, { a: null })).toEqual({});
    expect(fault(spec("string"), null)).toBe("variables.x: must be a string");
  });

  it("ignores undeclared variables, including inherited ones", () => {
    expect(bindVariables({ a: spec("string") }, { a: "x", old: 1 })).toEqual({ a: "x" });
    expect(fault(spec("object"), undefined)).toBe("variables.x: is required");
    expect(faultsOf(() => bindVariables({ toString: spec("object") }, {}))[0]?.message).toBe("is required");
  });

  it.each<[VariableSpec["type"], unknown]>([
    ["string", 1],
    ["number", "1"],
    ["number", Number.NaN],
    ["integer", 1.5],
    ["integer", "1"],
    ["boolean", "true"],
    ["boolean", 0],
    ["list", "a"],
    ["list", {}],
    ["object", []],
  ])("does not coerce for a %s: %j", (type, value) => {
    expect(fault(spec(type), value)).toMatch(/^variables\.x: must be an? /);
  });

  it("accepts an integer as a number", () => {
    expect(bindVariables({ x: spec("number") }, { x: 1 })).toEqual({ x: 1 });
  });

  it.each<[VariableSpec, unknown, string]>([
    [spec("number", { min: 2 }), 1, "must be at least 2"],
    [spec("number", { max: 2 }), 2.5, "must be at most 2"],
    [spec("string", { min: 2 }), "😀", "must be at least 2 characters long"],
    [spec("string", { max: 1 }), "ab", "must be at most 1 characters long"],
    [spec("list", { min: 1 }), [], "must be at least 1 items long"],
    [spec("string", { options: ["a", "b"] }), "c", 'must be one of ["a","b"]'],
    [spec("list", { options: [[1], [2]] }), [3], "must be one of [[1],[2]]"],
  ])("holds the bounds of %j against %j", (declared, value, message) => {
    expect(fault(declared, value)).toBe(`variables.x: ${message}`);
  });

  it("names every fault at once", () => {
    const specs = { a: spec("string"), b: spec("integer"), c: spec("string") };
    expect(faultsOf(() => bindVariables(specs, { b: "x", c: "a\0b" })).map(({ path }) => path)).toEqual([
      "variables.a",
      "variables.b",
      "variables.c",
    ]);
  });

  it.each([
    [{ a: ["ok", "\ud800"] }, "variables.x.a.1: contains a lone surrogate"],
    [{ "k\0": 1 }, "variables.x: has a key that contains a NUL character"],
    [{ f: () => 1 }, "variables.x.f: is not a JSON value"],
  ])("refuses texts that cannot be sent in %j", (value, message) => {
    expect(fault(spec("object"), value)).toBe(message);
  });

  it("refuses more than 32 levels of nesting without a stack overflow", () => {
    let deep: unknown[] = [];
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(fault(spec("list"), deep)).toContain("is nested too deeply");
  });

  it("copies the data, and keeps __proto__ as a plain key", () => {
    const given = { x: JSON.parse('{"__proto__": {"admin": true}, "a": [1]}') as Record<string, unknown> };
    const bound = bindVariables({ x: spec("object") }, given);
    expect(bound["x"]).not.toBe(given.x);
    expect(JSON.stringify(bound)).toBe('{"x":{"__proto__":{"admin":true},"a":[1]}}');
    expect((bound["x"] as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  it("returns any JSON unchanged, or fails with an error about the variable", () => {
    const property = fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
      if (!isObject) return fault(spec("object"), value) === "variables.x: must be an object";
      return JSON.stringify(bindVariables({ x: spec("object") }, { x: value })["x"]) === JSON.stringify(value);
    });
    expect(fc.check(property, { seed: 20_261_124, numRuns: 500 }).counterexample).toBeNull();
  });
});
