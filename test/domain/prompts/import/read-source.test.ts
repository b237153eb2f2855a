import { describe, expect, it } from "vitest";
import { readSource } from "../../../../src/domain/prompts/import/read-source.ts";
import { faultOf } from "../../template/support.ts";

const yaml = (source: string): unknown => readSource(source, "yaml").data;

describe("reading a prompt file", () => {
  it("gives the same plain data for YAML and JSON", () => {
    expect(yaml("a: [1, two, null]\nb: {c: true}")).toEqual({ a: [1, "two", null], b: { c: true } });
    expect(readSource('{"a": [1, "two", null], "b": {"c": true}}', "json").data).toEqual(
      yaml("a: [1, two, null]\nb: {c: true}"),
    );
  });

  it.each([
    ["a: 1\nb: [", "bad_request: Not YAML: line 2, column 5: "],
    ["a: 1\n b: 2", "bad_request: Not YAML: line "],
    ["a: 1\na: 2", "bad_request: Not YAML: line 2, column 1: Map keys must be unique"],
    ["a: *nope", "bad_request: Not YAML: line 1, column 4: "],
    ["? [a]\n: 1", "bad_request: Not YAML that a prompt can be"],
    [
      "a: 1\nb: {{ x }}",
      "Not YAML that a prompt can be: line 2, column 5: a key must be a text; put the text in quotes",
    ],
    ["a: 1\nb: {{ x }} more", "Not YAML: line 2, column 12: Unexpected scalar at node end; put the text in quotes"],
    ["- {{ x }} more", "; put the text in quotes"],
    ["a: 1\nb: !include x.txt", "bad_request: Not YAML: line 2, column 4: the tag !include is not supported"],
    ["a: !foo {b: 1}", "the tag !foo is not supported"],
    ["a: {<<: 1}", "only a mapping, or a list of them, can be merged with <<"],
    ["---\na: [\n---\nbody", "bad_request: Not YAML: line 2"],
    ["- a", ": a prompt is a mapping"],
    ["just text", ": a prompt is a mapping"],
    ["", ": a prompt is a mapping"],
  ])("reports the fault of %j", (source, message) => {
    expect(faultOf(() => yaml(source))).toContain(message);
  });

  it("reports the fault of broken JSON", () => {
    expect(faultOf(() => readSource("{", "json"))).toMatch(/^bad_request: Not JSON: /);
    expect(faultOf(() => readSource("[]", "json"))).toBe(": a prompt is a mapping with keys such as name and template");
  });

  it.each([
    ["yaml", "[".repeat(100_000)],
    ["yaml", `a: ${"[".repeat(65)}${"]".repeat(65)}`],
    ["yaml", "- ".repeat(100_000)],
    ["yaml", "{a: ".repeat(100_000)],
    ["yaml", "? ".repeat(50_000)],
    ["yaml", "&a [*a]"],
    ["json", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["json", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ] as const)("refuses %s that nests without end", (format, source) => {
    expect(faultOf(() => readSource(source, format))).toContain("nests more than 64 levels deep");
  });

  it.each([
    ["items", `[${"a,".repeat(40_000)}]`],
    ["empty mappings", `[${"{},".repeat(40_000)}]`],
    ["commas alone", `[${",".repeat(70_000)}]`],
    ["keys", Array.from({ length: 30_000 }, (_, at) => `k${at}:\n`).join("")],
    ["comments", "#\n".repeat(40_000)],
    ["empty lines", "\n".repeat(70_000)],
  ])("refuses a small file of too many %s, before it is read", (_what, source) => {
    expect(source.length).toBeLessThan(250_000);
    expect(faultOf(() => yaml(source))).toContain("more than 60000 words, signs and lines");
  });

  it("reads 100 kB of short lines, and a megabyte of long ones", () => {
    const line = (at: number) => `v${at}: {type: string, required: true, description: The name of customer ${at}}\n`;
    const short = Array.from({ length: 1_400 }, (_, at) => line(at)).join("");
    expect(short.length).toBeGreaterThan(100_000);
    expect(Object.keys(yaml(short) as object)).toHaveLength(1_400);
    const long = `template: |\n${"  Say hello to {{ who }}, [politely], and {no: more}.\n".repeat(18_000)}`;
    expect((yaml(long) as { template: string }).template).toHaveLength(18_000 * 52);
  });

  it("names the first fault, or the first unknown tag, whatever follows it", () => {
    expect(faultOf(() => yaml(`a: [1,, 2]\nb: !foo ${"x, ".repeat(1_000)}]`))).toContain("line 1, column 7");
    expect(faultOf(() => yaml("a: !foo 1\nb: [,,]"))).toContain("line 1, column 4: the tag !foo");
  });

  it("merges mappings under <<, of which the first wins, and own keys before them", () => {
    const source = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {c: 3, <<: [*x, *y]}\nw: {<<: *x}\nq: {'<<': *x}";
    expect(yaml(source)).toMatchObject({ z: { a: 1, b: 1, c: 3 }, w: { a: 1, b: 1 }, q: { "<<": { a: 1, b: 1 } } });
  });

  it.each([
    [
      "multiply",
      Array.from({ length: 9 }, (_, at) => `l${at + 1}: &l${at + 1} {<<: [${`*l${at}, `.repeat(9)}]}`).join("\n"),
      "100000 values",
    ],
    ["contain themselves", "a: &a {<<: *a}", "64 levels deep"],
  ])("refuses merges that %s", (_what, source, message) => {
    expect(faultOf(() => yaml(`l0: &l0 {}\n${source}`))).toContain(message);
  });

  it("gives the text below a front matter with its line", () => {
    expect(readSource("---\nname: a\n---\nHi\nyou", "yaml")).toMatchObject({
      data: { name: "a" },
      body: { text: "Hi\nyou", line: 4 },
    });
    expect(readSource("---\nname: a\n---\n", "yaml")).not.toHaveProperty("body");
    expect(readSource("---\nname: a\n", "yaml")).not.toHaveProperty("body");
  });

  it("reads a front matter below comments, and counts their lines", () => {
    const header = "# Copyright, some years\n#\n\n  # and a license\n";
    const { data, body } = readSource(`${header}---\nname: p\n---\nHello`, "yaml");
    expect([data, body]).toEqual([{ name: "p" }, { text: "Hello", line: 8 }]);
    expect(() => readSource(`${header}---\nname: [\n---\nHello`, "yaml")).toThrow(/line 6/);
    expect(readSource(`${header}---\nname: p\n`, "yaml")).toMatchObject({ data: { name: "p" } });
  });

  it("reads comments with carriage returns in no time, whether a front matter follows or not", () => {
    // The time doubled with each line.
    const header = "# a license\r\n".repeat(28);
    expect(readSource(`${header}---\r\nname: p\r\n---\r\nHello`, "yaml").body).toEqual({ text: "Hello", line: 32 });
    expect(readSource(`${header}name: p\r\n`, "yaml")).toMatchObject({ data: { name: "p" } });
  }, 2_000);

  it("reads JSON behind a byte order mark", () => {
    expect(readSource('\ufeff{"a": 1}', "json").data).toEqual({ a: 1 });
  });

  it("refuses aliases that multiply", () => {
    const levels = Array.from(
      { length: 9 },
      (_, at) => `l${at + 1}: &l${at + 1} [${Array.from({ length: 9 }, () => `*l${at}`).join(", ")}]`,
    );
    expect(faultOf(() => yaml(`l0: &l0 [x, x]\n${levels.join("\n")}`))).toContain("more than 100000 values");
  });

  it("resolves an alias to the last node before it with that anchor", () => {
    const source = "a: &x 1\nb: [*x, &x {c: *x}]\nd: *x\ne: {&k key: 2, f: *k}";
    expect(faultOf(() => yaml(source))).toContain("64 levels deep");
    expect(yaml(source.replace("{c: *x}", "{c: 2}"))).toEqual({
      a: 1,
      b: [1, { c: 2 }],
      d: { c: 2 },
      e: { key: 2, f: "key" },
    });
    expect(faultOf(() => yaml("a: *x\nb: &x 1"))).toContain('line 1, column 4: no anchor is named "x"');
  });

  it.each([
    ["a: {b: 1, c: 2, b: 3}", "line 1, column 17: Map keys must be unique"],
    ["1: a\n1.0: b", "line 2, column 1: Map keys must be unique"],
    ["a:\n  - ? b\n  - null: 1\n    ~: 2", "line 4, column 5: Map keys must be unique"],
  ])("refuses equal keys at any depth: %j", (source, message) => {
    expect(faultOf(() => yaml(source))).toContain(message);
  });

  it("does not repeat a long fault of the file in the error", () => {
    expect(faultOf(() => yaml(">".repeat(100_000))).length).toBeLessThan(500);
  });

  it("refuses a file of more than 1 Mi characters", () => {
    expect(faultOf(() => yaml(`a: ${"x".repeat(1 << 20)}`))).toMatch(/^payload_too_large: /);
  });

  it("keeps __proto__ as an ordinary key", () => {
    const data = yaml("__proto__: {admin: true}\nconstructor: x") as Record<string, unknown>;
    expect(Object.keys(data)).toEqual(["__proto__", "constructor"]);
    expect(data["admin"]).toBeUndefined();
  });

  it.each([
    ["version: 1.0", "1.0"],
    ["version: 1.10", "1.10"],
    ["version: 2", "2"],
    ["version: '1.2.0'", undefined],
    ["version: 1.2.0", undefined],
  ])("keeps the version of %j as written", (source, version) => {
    expect(readSource(source, "yaml").version).toBe(version);
  });
});
