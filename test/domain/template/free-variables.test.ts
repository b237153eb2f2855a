import { describe, expect, it } from "vitest";
import { freeVariables } from "../../../src/domain/template/free-variables.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";

const free = (source: string): string => {
  const { required, optional } = freeVariables(parseTemplate(source));
  return `${required.join(" ")}|${optional.join(" ")}`;
};

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
    ["{{ x is none }}{{ y is divisibleby n }}", "x y n|"],
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
  ])("leave out what %j defines itself", (source, expected) => {
    expect(free(source)).toBe(expected);
  });

  it.each([
    ["{{ x is defined }}{{ y is not defined }}", "|x y"],
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
