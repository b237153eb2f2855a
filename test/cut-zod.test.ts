import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cutZod } from "../scripts/cut-zod.ts";

const SOURCE = readFileSync("node_modules/zod/v4/classic/schemas.js", "utf8");

describe("the copy of zod", () => {
  it("writes no JSON Schema, and checks as before", () => {
    const cut = cutZod(SOURCE);
    expect(cut).not.toMatch(/processJSONSchema|toJSONSchema\(|StandardJSONSchemaMethod\(/);
    const linesOf = (text: string) => new Set(text.split("\n"));
    const gone = [...linesOf(SOURCE)].filter((line) => !linesOf(cut).has(line));
    expect(gone.filter((line) => !line.includes("JSONSchema")).map((line) => line.trim())).toEqual([
      "jsonSchema: {",
      "},",
    ]);
  });

  it.each([
    ["a method of another form", SOURCE.replace("toJSONSchema(params) {", "toJSONSchema(params, more) {")],
    ["a writer that is called elsewhere", `${SOURCE}\nconst write = (of) => processors.stringProcessor(of);`],
    ["writers under another name", SOURCE.replaceAll("processJSONSchema", "writeJSONSchema")],
  ])("is not made of a package with %s", (_case, source) => {
    expect(() => cutZod(source)).toThrow("writes JSON Schema elsewhere");
  });
});
