import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cutRe2js } from "../scripts/cut-re2js.ts";

const SOURCE = readFileSync("node_modules/re2js/build/index.js", "utf8");

describe("the copy of re2js", () => {
  it("has no tables of properties, and those of upper and lower case", () => {
    const cut = cutRe2js(SOURCE);
    expect(cut.length).toBeLessThan(SOURCE.length - 45_000);
    expect(cut).toContain('decodeOrbit("');
  });

  it.each([
    ["a table that is gone", SOURCE.replace("static FOLD_SCRIPT =", "static FOLDS =")],
    ["printable characters under another name", SOURCE.replace("this._Print = new", "this._Printable = new")],
    ["a new table", `${SOURCE}\nconst MARKS = decodeRanges("gYvDB", true);`],
  ])("is not made of a package with %s", (_case, source) => {
    expect(() => cutRe2js(source)).toThrow("tables of Unicode");
  });
});
