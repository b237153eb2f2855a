import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import fixture from "../../fixtures/jinja2-pairs.json" with { type: "json" };

describe(`what ${fixture.source} printed`, () => {
  it.each(fixture.pairs)("renders $template as Jinja2 does", ({ template, output }) => {
    expect(renderTemplate(parseTemplate(template), fixture.variables)).toBe(output);
  });
});
