import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import fixture from "../../fixtures/jinja2-precedence.json" with { type: "json" };
import { faultOf } from "./support.ts";

describe(`operators without parentheses, against ${fixture.source}`, () => {
  it.each(fixture.pairs)("bind in $template as in Jinja2", ({ template, output }) => {
    expect(renderTemplate(parseTemplate(template), fixture.variables)).toBe(output);
  });
});

describe(`what is a syntax error for ${fixture.source}`, () => {
  it.each(fixture.syntaxErrors)("%s is one here, with line and column", (template) => {
    expect(faultOf(() => parseTemplate(template))).toMatch(/^template: line 1, column \d+: /);
  });
});
