import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { faultOf } from "./support.ts";

const parseFault = (source: string): string => faultOf(() => parseTemplate(source));

describe("a template that cannot be parsed", () => {
  it.each([
    ["a\n{{ b", "line 2, column 1: {{ is never closed with }}"],
    ["a\n\n{% if x %}", "line 3, column 4: {% if %} is never closed with {% endif %}"],
    ["{% if x %}\n{% endfor %}", "line 2, column 4: {% endfor %} cannot close the {% if %} of line 1"],
    ["{% endif %}", "line 1, column 4: {% endif %} closes nothing"],
    ["{% else %}", "line 1, column 4: {% else %} has no if or for block to belong to"],
    ["{# never", "line 1, column 1: the comment that starts with {# is never closed"],
    ["\n{% raw %}x", "line 2, column 1: {% raw %} is never closed with {% endraw %}"],
    ["{{ (a] }}", 'line 1, column 6: unexpected "]", expected ")"'],
    ["{{ a b }}", 'line 1, column 6: unexpected "b"'],
    ["x\n{{ 1 + }}", 'line 2, column 8: unexpected "}}"'],
    ["{{ 'abc }}", "line 1, column 4: the string is never closed"],
    ["{{ a ? b }}", 'line 1, column 6: unexpected character "?"'],
    ["{{ }}", 'line 1, column 4: unexpected "}}"'],
    ["{% break %}", "line 1, column 4: {% break %} outside a loop"],
  ])("names the line of %j", (source, message) => {
    expect(parseFault(source)).toContain(`template: ${message}`);
  });

  it.each([
    ["{{ x }}\n{{ x | shout }}", 'line 2, column 8: unknown filter "shout"'],
    ["{{ [1] | random }}", 'line 1, column 10: unknown filter "random"'],
    ["{% filter shout %}{% endfilter %}", 'line 1, column 11: unknown filter "shout"'],
    ["{{ x is wonderful }}", 'line 1, column 9: unknown test "wonderful"'],
    ["{{ x is not wonderful(3) }}", 'line 1, column 13: unknown test "wonderful"'],
    ["{{ x | map('shout') }}", 'line 1, column 8: unknown filter "shout"'],
    ["{{ x | selectattr('a', 'shiny') }}", 'line 1, column 8: unknown test "shiny"'],
    ["\n{% include 'a' %}", "line 2, column 4: {% include %} is not supported"],
    ["{% import 'a' as b %}", "line 1, column 4: {% import %} is not supported"],
    ["{% extends 'a' %}", "line 1, column 4: {% extends %} is not supported"],
    ["{% from 'a' import b %}", "line 1, column 4: {% from %} is not supported"],
    ["{% dance %}", "line 1, column 4: unknown tag {% dance %}"],
  ])("refuses %j before any rendering", (source, message) => {
    expect(parseFault(source)).toContain(`template: ${message}`);
  });

  it("reports the path that the caller gave", () => {
    expect(faultOf(() => parseTemplate("{{", "messages.0.content"))).toMatch(/^messages\.0\.content: line 1/);
  });
});

describe("a template made to exhaust the parser", () => {
  const N = 50_000;
  it.each([
    ["brackets", `{{ ${"(".repeat(N)}1${")".repeat(N)} }}`],
    ["lists", `{{ ${"[".repeat(N)}${"]".repeat(N)} }}`],
    ["blocks", "{% if a %}".repeat(15_000)],
    ["signs", `{{ ${"- ".repeat(N)}1 }}`],
    ["negations", `{{ ${"not ".repeat(N / 2)}a }}`],
    ["sums", `{{ a${"+a".repeat(N)} }}`],
    ["members", `{{ a${".a".repeat(N)} }}`],
    ["calls", `{{ a${"()".repeat(N)} }}`],
    ["branches", `{% if a %}${"{% elif a %}".repeat(15_000)}{% endif %}`],
    ["conditions", `{{ ${"1 if a else ".repeat(15_000)}2 }}`],
    ["filters", `{{ a${"|trim".repeat(N / 2)} }}`],
    ["tests", `{{ a${" is odd".repeat(N / 2)} }}`],
    ["text", "x".repeat(200_001)],
  ])("gives a clear error for too many %s", (_what, source) => {
    expect(parseFault(source)).toMatch(/nested|levels|more than 200000/);
  });

  it("takes time linear in runs of spaces", () => {
    const spaces = " ".repeat(190_000);
    expect(parseTemplate(`a${spaces}{{ 1 }}`).program.body).toHaveLength(2);
    expect(parseTemplate(`{{ a${spaces}}}`).program.body).toHaveLength(1);
  });
});
