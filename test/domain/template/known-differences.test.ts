import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultOf, render } from "./support.ts";

const README = readFileSync(`${import.meta.dirname}/../../../src/domain/template/README.md`, "utf8");
const VARIABLES = { items: [3, 1], order: { a: 1, items: [1] }, crlf: "a\r\nb", whole: 1.0 };
const ROW = /^\| `(\{.*?)` *\| .*? \| (?:`(.*)`|error: (.*?)) *\|$/gm;

const rows = [...README.matchAll(ROW)].map(([, template = "", text, error]) => ({
  template: template.replaceAll("\\|", "|"),
  text,
  error,
}));
const texts = rows.filter(({ text }) => text !== undefined);
const errors = rows.filter(({ error }) => error !== undefined);

describe("the tables of known differences in the README", () => {
  it("are read to the last row", () => {
    expect(rows).toHaveLength(README.split("\n").filter((line) => line.startsWith("| `{")).length);
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(texts)("are right about the text of $template", ({ template, text }) => {
    expect(render(template, VARIABLES)).toBe(text);
  });

  it.each(errors)("are right about the error in $template", ({ template, error }) => {
    expect(faultOf(() => render(template, VARIABLES))).toContain(error);
  });
});
