import { describe, expect, it } from "vitest";
import { faultOf, render } from "./support.ts";

/** A loop that makes its value twice as large each time. */
const doubling = (set: string): string =>
  `{% set ns = namespace(x='ab', l=[1]) %}{% for i in range(99) %}{% set ${set} %}{% endfor %}{{ ns.x }}`;

describe("a template made to exhaust the renderer", () => {
  const nested = "{% for a in range(1000) %}".repeat(4) + "x" + "{% endfor %}".repeat(4);

  it.each([
    ["nested loops", nested],
    ["a huge range", "{{ range(10**9) }}"],
    ["a repeated list", "{{ [1] * 10**9 }}"],
    ["a doubling list", doubling("ns.l = ns.l + ns.l")],
    [
      "a shared list that prints as 2^40 items",
      "{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    ],
    ["batches filled up", "{{ [1] | batch(10**9, 0) }}"],
    ["slices", "{{ [1] | slice(10**9) }}"],
    [
      "equality of shared lists",
      "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(40) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}",
    ],
    [
      "a list that extends itself",
      "{% set l = [1] %}{% for i in range(99) %}{% set _ = l.extend(l) %}{% endfor %}{{ l | length }}",
    ],
    [
      "copies of a growing list",
      "{% set l = range(2000) | list %}{% for i in range(999) %}{% set _ = l.copy() %}{% endfor %}",
    ],
    [
      "items inserted in front of many",
      "{% set l = range(200000) | list %}{% for i in range(20000) %}{% set _ = l.insert(0, 1) %}{% endfor %}",
    ],
    [
      "a list sorted again and again",
      "{% set l = range(9000) | list %}{% for i in range(99) %}{% set _ = l.sort(reverse=i is odd) %}{% endfor %}",
    ],
    [
      "a search that backtracks",
      "{% set t = 'a' * 1000000 %}{% set n = 'a' * 250000 ~ 'b' ~ 'a' * 250000 %}{{ n in t }}",
    ],
  ])("stops %s at the step cap", (_what, source) => {
    expect(faultOf(() => render(source))).toMatch(/^template: .*the step cap/);
  });

  it.each([
    ["repetition", "{{ 'x' * 10**9 }}"],
    ["joining with ~", doubling("ns.x = ns.x ~ ns.x")],
    ["joining with +", doubling("ns.x = ns.x + ns.x")],
    ["join", "{{ range(1000) | join('x' * 100000) }}"],
    ["replace", "{{ ('a' * 10000) | replace('a', 'b' * 10000) }}"],
    ["replace of nothing", "{{ ('a' * 10000).replace('', 'b' * 10000) }}"],
    ["format's width", "{{ '%999999999s' | format('x') }}"],
    ["ljust", "{{ 'x'.ljust(10**9) }}"],
    ["center", "{{ 'x' | center(10**9) }}"],
    ["indent", "{{ ('a\n' * 2000) | indent(100000) }}"],
    ["tojson's indent", "{{ range(20000) | list | tojson(100) }}"],
    ["wordwrap", "{{ ('a ' * 20000) | wordwrap(1, true, 'x' * 1000) }}"],
    ["plain output", "{% set x = 'x' * 100000 %}{% for i in range(20) %}{{ x }}{% endfor %}"],
    ["a captured block", "{% set y %}{% for i in range(20) %}{{ 'x' * 100000 }}{% endfor %}{% endset %}"],
    ["escape", "{{ ('&' * 600000) | e }}"],
    ["expandtabs", "{{ ('\t' * 20000).expandtabs(1000) }}"],
    ["zfill", "{{ '1'.zfill(10**9) }}"],
    ["% formatting", "{{ '%999999999d' % 1 }}"],
    ["pprint's margin", "{{ {'k' * 100000: range(500) | list} | pprint }}"],
    ["pprint", "{% set l = ['x' * 100000] %}{{ (l * 20) | pprint }}"],
  ])("stops %s at the output cap", (_what, source) => {
    expect(faultOf(() => render(source))).toMatch(/^template: .*the output cap/);
  });

  it.each([
    ["recursion", "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}"],
    ["mutual recursion", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}"],
    ["a list in itself", "{% set l = [1] %}{% set _ = l.append(l) %}{{ l }}"],
    [
      "a dictionary in itself, compared",
      "{% set d = {} %}{% set _ = d.update(a=d) %}{% set e = {} %}{% set _ = e.update(a=e) %}{{ d == e }}",
    ],
    ["a list in itself, written by pprint", "{% set l = [1] %}{% set _ = l.append(l) %}{{ l | pprint }}"],
    [
      "a list that nests",
      "{% set ns = namespace(l=[1]) %}{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
    ],
    [
      "recursion between many brackets",
      `{% macro f() %}{{ ${"(1 + ".repeat(90)}f()${")".repeat(90)} }}{% endmacro %}{{ f() }}`,
    ],
  ])("stops %s at the depth cap", (_what, source) => {
    expect(faultOf(() => render(source))).toMatch(/^template: .*the depth cap/);
  });

  it("honours the caller's own caps", () => {
    expect(faultOf(() => render("{{ 'abcdef' }}", {}, { output: 5 }))).toContain("more than 5 characters");
    expect(faultOf(() => render("{% for i in range(9) %}{% endfor %}", {}, { steps: 5 }))).toContain(
      "more than 5 steps",
    );
    const twice = "{% macro a() %}x{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ b() }}";
    expect(faultOf(() => render(twice, {}, { callDepth: 1 }))).toContain("more than 1 levels");
    expect(render(twice, {}, { callDepth: 2 })).toBe("x");
  });

  it("lets a loop over 4,000 rows with five expressions through", () => {
    const rows = Array.from({ length: 4_000 }, (_, id) => ({ id, name: `n${id}`, a: 1, b: 2, c: null }));
    const template =
      "{% for r in rows %}{{ loop.index }}. {{ r.name | upper }} {{ r.a }} {{ r.b }} {{ r.c or '-' }}\n{% endfor %}";
    expect(render(template, { rows }).split("\n")).toHaveLength(4_001);
  });

  it("lets a prompt with a long document through", () => {
    const text = "word ".repeat(200_000);
    expect(render("{{ text | trim | replace('x', 'y') | upper }}", { text })).toHaveLength(999_999);
  });
});
