import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { faultOf, render } from "./support.ts";

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
    [
      "{{ [1] | random }}",
      'line 1, column 10: the filter "random" is not offered: a version of a prompt renders the same each time',
    ],
    ["{% filter shout %}{% endfilter %}", 'line 1, column 11: unknown filter "shout"'],
    ["{{ x is wonderful }}", 'line 1, column 9: unknown test "wonderful"'],
    ["{{ x is not wonderful(3) }}", 'line 1, column 13: unknown test "wonderful"'],
    ["{{ x | map('shout') }}", 'line 1, column 8: unknown filter "shout"'],
    ["{{ x | selectattr('a', 'shiny') }}", 'line 1, column 8: unknown test "shiny"'],
    ["\n{% import 'a' as a %}", "line 2, column 4: {% import %} is not supported"],
    ["\n{% include 'a' %}", "line 2, column 4: {% include %} is resolved when a prompt is published"],
    ["{% import 'a' as b %}", "line 1, column 4: {% import %} is not supported"],
    ["{% extends 'a' %}", "line 1, column 4: {% extends %} is not supported"],
    ["{% from 'a' import b %}", "line 1, column 4: {% from %} is not supported"],
    ["{% dance %}", "line 1, column 4: unknown tag {% dance %}"],
  ])("refuses %j before any rendering", (source, message) => {
    expect(parseFault(source)).toContain(`template: ${message}`);
  });

  it.each([
    ["{{ 'a\nb' ? }}", "line 2, column 4: unexpected character"],
    ["a\r\nb\rc {{ ? }}", "line 3, column 6: unexpected character"],
    ["😀é{{ ? }}", "line 1, column 6: unexpected character"],
    ["{# a\nb #}{{ ? }}", "line 2, column 8: unexpected character"],
    ["{% raw %}\n{{ ? }}{% endraw %}{{ ? }}", "line 2, column 23: unexpected character"],
    ["a -\n\n  {{- ? }}", "line 3, column 7: unexpected character"],
    ["{{ ? }}{{ 😀 }}", "line 1, column 4: unexpected character"],
    ["{{ 😀 }}", 'line 1, column 4: unexpected character "😀"'],
    ["{{ 'a' ~ '\\xZZ' }}", "line 1, column 11: invalid escape"],
    ["{{ f(\n  a b) }}", 'line 2, column 5: unexpected "b", expected "," or ")"'],
    ["{% macro m(a, a) %}{% endmacro %}", 'line 1, column 15: the parameter "a" is there twice'],
    ["{% for x in y recursive %}{% endfor %}", "line 1, column 15: {% for … recursive %} is not supported"],
    ["{% if x %}{% else %}{% else %}{% endif %}", "line 1, column 24: {% else %} has no if or for block to belong to"],
    ["{{ x[1, 2] }}", 'line 1, column 7: unexpected ",", a subscript is one key, or one slice'],
  ])("names the line and column of %j", (source, message) => {
    expect(parseFault(source)).toContain(`template: ${message}`);
  });

  it.each(["{{ x | default('y')[0] }}", "{{ x | default('y').a }}", "{{ x | first[0] }}", "{{ x is eq(1)[0] }}"])(
    "asks for parentheses around the filter or test in %j",
    (source) => {
      expect(parseFault(source)).toMatch(/: unexpected "[[.]", put the filtered value in parentheses first/);
    },
  );

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

  it.each([
    ["brackets", `{{ ${"([{".repeat(20_000)} }}`],
    ["conditions in brackets", `{{ ${"(1 if a else ".repeat(500)}2${")".repeat(500)} }}`],
    ["subscripts", `{{ ${"a[".repeat(500)}1${"]".repeat(500)} }}`],
    ["arguments", `{{ ${"a(".repeat(500)}1${")".repeat(500)} }}`],
    ["arguments of filters", `{{ ${"a|d(".repeat(500)}1${")".repeat(500)} }}`],
    ["arguments of tests", `{{ ${"a is eq(".repeat(500)}1${")".repeat(500)} }}`],
    ["targets", `{% set ${"(".repeat(500)}a${")".repeat(500)} = 1 %}`],
    ["powers", `{{ 1${" ** 1".repeat(30_000)} }}`],
    ["inline conditions", `{{ 1${" if 1".repeat(30_000)} }}`],
    [
      "chains at the start of chains",
      `{{ ${"(".repeat(150)}a${"~a".repeat(150)}${`)${"~a".repeat(150)}`.repeat(150)} }}`,
    ],
    ["tuples", `{{ ${"(".repeat(199)}1${",)".repeat(199)}${"+1".repeat(20)} }}`],
  ])("gives a clear error for too deep %s", (_what, source) => {
    expect(parseFault(source)).toMatch(/^template: line 1, column \d+: .*nested more than 200 levels deep/);
  });

  it("accepts 199 operators in a row, 200 brackets and comparisons without end", () => {
    expect(render(`{{ 1${"+1".repeat(199)} }}`)).toBe("200");
    expect(render(`{{ ${"(".repeat(200)}1${")".repeat(200)} }}`)).toBe("1");
    expect(render(`{{ 1${" < 2 > 1".repeat(5_000)} }}`)).toBe("True");
    expect(render(`{{ [${"a|d(1)|string, ".repeat(5_000)}]|length }}`)).toBe("5000");
  });

  it("takes time linear in runs of spaces", () => {
    const spaces = " ".repeat(190_000);
    expect(parseTemplate(`a${spaces}{{ 1 }}`).program.body).toHaveLength(2);
    expect(parseTemplate(`{{ a${spaces}}}`).program.body).toHaveLength(1);
  });
});
