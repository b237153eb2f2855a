import { describe, expect, it } from "vitest";
import { freeVariables } from "../../../src/domain/template/free-variables.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";

const free = (source: string): string => {
  const { required, optional } = freeVariables(parseTemplate(source));
  return `${required.join(" ")}|${optional.join(" ")}`;
};

describe("the names that a template calls", () => {
  it.each([
    ["{{ now() }}{{ today(1) }}", ["now", "today"]],
    ["{% call box() %}x{% endcall %}", ["box"]],
    ["{{ range(3) }}{{ raise_exception('no') }}{{ s.upper() }}", []],
    ["{% if now is defined %}{{ now() }}{% endif %}", []],
    ["{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{% endmacro %}{{ a() }}", []],
    ["{% for f in fs %}{{ f() }}{% endfor %}", []],
  ])("are unknown functions in %j where nothing defines them", (source, expected) => {
    expect(freeVariables(parseTemplate(source)).unknownFunctions).toEqual(expected);
  });
});

describe("the shapes of variables", () => {
  it.each([
    ["{% for x in xs %}{{ x }}{% endfor %}", { xs: "list" }],
    ["{% for x in xs | default([]) | sort %}{{ x.a }}{% endfor %}", { xs: "list" }],
    ["{{ user.name }}{{ a['k'] }}", { user: "object", a: "object" }],
    ["{% for k, v in d.items() %}{% endfor %}", { d: "object" }],
    ["{% for k in d %}{{ d.x }}{% endfor %}", { d: "object" }],
    ["{{ s.upper() }}{{ s[0] }}{{ s }}{% for c in s.split() %}{% endfor %}", {}],
    ["{% set u = 1 %}{{ u.name }}", {}],
  ])("are read from their uses in %j", (source, expected) => {
    expect(Object.fromEntries(freeVariables(parseTemplate(source)).shapes)).toEqual(expected);
  });

  it("do not hide a declared variable behind the function of its name", () => {
    const template = parseTemplate("{{ range }}{{ call }}");
    expect(freeVariables(template, ["range"]).required).toEqual(["range", "call"]);
    expect(freeVariables(template).required).toEqual(["call"]);
  });
});

describe("the variables that a template needs", () => {
  it.each([
    ["{{ b }}{{ a }}{{ b }}", "b a|"],
    ["{{ a.b.c }}{{ d['k'] }}{{ e[f] }}", "a d e f|"],
    ["{{ f(x, k=y) }}{{ x | replace(z, 'a') }}", "f x y z|"],
    ["{{ a if b == 1 else c }}", "b a c|"],
    ["{{ a ~ b + -c }}{{ [d] }}{{ {e: g} }}{{ (h, i) }}", "a b c d e g h i|"],
    ["{{ xs[a:b:c] }}", "xs a b c|"],
    ["{% if a > 1 %}{{ b }}{% else %}{{ c }}{% endif %}", "a b c|"],
    ["{% filter replace(a, 'b') %}{{ c }}{% endfilter %}", "a c|"],
    ["{{ a and b }}", "a b|"],
    ["{{ x | upper | default('y') }}", "x|"],
    ["{{ x is iterable }}{{ y is divisibleby n }}", "x y n|"],
  ])("are read from %j", (source, expected) => {
    expect(free(source)).toBe(expected);
  });

  it.each([
    ["{% for x in xs %}{{ x }}{{ loop.index }}{% endfor %}", "xs|"],
    ["{% for k, (v, w) in d.items() %}{{ k }}{{ v }}{{ w }}{% else %}{{ k }}{% endfor %}", "d k|"],
    ["{% for x in xs if x > m %}{{ x }}{% endfor %}{{ x }}{{ loop }}", "xs m x loop|"],
    ["{% set a = b %}{{ a }}{% set c, e = 1, 2 %}{{ c }}{{ e }}", "b|"],
    ["{{ a }}{% set a = 1 %}", "a|"],
    ["{% set t %}{{ a }}{% endset %}{{ t }}", "a|"],
    ["{% macro m(p, q=d) %}{{ p }}{{ q }}{{ r }}{{ caller() }}{% endmacro %}{{ m(1) }}", "d r|"],
    ["{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ y }}{% endcall %}", "y|"],
    ["{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ range(3) }}{{ dict(a=1) }}{{ none }}{{ True }}", "|"],
    ["{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", "|"],
    ["{% macro a(n) %}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ n }}{% endmacro %}{{ a(1) }}", "|"],
    ["{% macro a() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ a() }}", "|"],
    ["{% macro a() %}{{ x }}{% endmacro %}{{ a() }}{% set x = 1 %}{{ a() }}", "x|"],
    ["{% macro a() %}{{ x }}{% endmacro %}", "x|"],
    ["{% macro a() %}{{ a() }}{{ x }}{% endmacro %}{{ a() }}", "x|"],
  ])("leave out what %j defines itself", (source, expected) => {
    expect(free(source)).toBe(expected);
  });

  it.each([
    ["{{ x is defined }}{{ y is not defined }}", "|x y"],
    ["{{ x is string }}{{ y is not none }}", "|x y"],
    ["{% if x is mapping %}{{ x.a }}{% endif %}", "|x"],
    ["{% if x is not none %}{{ x }}{% endif %}", "x|"],
    ["{{ x | default('a') }}{{ y | d(z) }}", "z|x y"],
    ["{% if x %}{{ x.name }}{% endif %}", "|x"],
    ["{% if x is defined %}{{ x }}{% else %}{{ y }}{% endif %}", "y|x"],
    ["{% if not x %}no{% else %}{{ x }}{% endif %}", "|x"],
    ["{% if x and y > 1 %}{{ x }}{{ y }}{% endif %}", "y|x"],
    ["{% if x is defined and x > 1 %}{{ x }}{% endif %}", "|x"],
    ["{% if x or y %}{{ x }}{% endif %}", "x|y"],
    ["{% if x is undefined or x == 1 %}a{% else %}{{ x }}{% endif %}", "|x"],
    ["{{ x or 'a' }}{{ x or y }}", "y|x"],
    ["{{ x if x else 'a' }}{{ y if y is defined }}", "|x y"],
    ["{% if a %}{% elif b %}{{ a }}{% endif %}", "a|b"],
    ["{% if x %}{% for i in [1] %}{{ x }}{{ i }}{% endfor %}{% endif %}", "|x"],
    ["{% if x %}{{ x }}{% endif %}{{ x }}", "x|"],
    ["{% if a %}{% set x = 1 %}{% endif %}{{ x }}", "|a x"],
    ["{% if a %}{% set x = 1 %}{% else %}{% set x = 2 %}{% endif %}{{ x }}", "|a"],
    ["{% if a %}{% set x = 1 %}{% else %}{{ x }}{% endif %}", "x|a"],
    ["{% if not tone %}{% set tone = 'kind' %}{% endif %}{{ tone }}", "|tone"],
  ])("are optional where %j guards every use", (source, expected) => {
    expect(free(source)).toBe(expected);
  });
});
