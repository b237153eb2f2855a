import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import { faultOf, render } from "./support.ts";

describe("a name that was not given", () => {
  it.each([
    ["{{ product }}", 'variables.product: the template needs the variable "product", which was not given'],
    ["{{ a.b }}", 'variables.a: the template needs the variable "a", which was not given, so a.b cannot be read'],
    ["{{ given.b.c }}", "template: given.b is not defined, so given.b.c cannot be read"],
    ["{{ given['b'].c[0] }}", 'template: given["b"] is not defined, so given["b"].c cannot be read'],
    ["{% for i in list %}{{ i.nick }}{% endfor %}", "template: i.nick is not defined"],
    ["{{ x | upper }}", "variables.x: "],
    ["{{ x ~ 'a' }}", "variables.x: "],
    ["{{ x == 1 }}", "variables.x: "],
    ["{{ x in [1] }}", "variables.x: "],
    ["{% for i in x %}{% endfor %}", "variables.x: "],
    ["{{ x is iterable }}", "variables.x: "],
    ["{{ [x] }}", "variables.x: "],
    ["{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", 'template: the macro m was called without its argument "a"'],
    ["{{ list | map(attribute='q') | join }}", "template: the attribute"],
    ["{{ [] | first }}", "template: there is no first item"],
  ])("is an error in %j", (source, message) => {
    expect(faultOf(() => render(source, { given: {}, list: [{}] }))).toContain(message);
  });

  it("may be tested for being there, for truth, and given a default", () => {
    const source =
      "{% if user.nick %}a{% endif %}{{ x is defined }}{{ x | default('d') }}{{ x or 'o' }}{{ 'n' if not x }}{{ user.nick | d('-') }}";
    expect(render(source, { user: {} })).toBe("Falsedon-");
  });

  it("keeps None apart from what is missing", () => {
    expect(
      render("{{ a }} {{ a is defined }} {{ d.x }} {{ [none] | first }} {{ a | default(1) }}", {
        a: null,
        d: { x: null },
      }),
    ).toBe("None True None None None");
  });
});

describe("the machinery of JavaScript", () => {
  const variables: Record<string, unknown> = {
    o: JSON.parse('{"__proto__": {"leak": 1}, "constructor": 2, "a": 1}') as unknown,
    s: "text",
    l: [1],
  };
  it.each(["__proto__", "constructor", "prototype"])("keeps %s undefined on every value", (name) => {
    for (const owner of ["o", "s", "l", "1", "range", "o.get", "namespace()"]) {
      expect(render(`{{ (${owner}).${name} is defined }}{{ (${owner})['${name}'] is defined }}`, variables)).toBe(
        "FalseFalse",
      );
    }
    expect(render(`{{ ${name} is defined }}`, variables)).toBe("False");
    expect(faultOf(() => render(`{{ s.${name}.${name}('return 1')() }}`, variables))).toContain(
      `s.${name} is not defined`,
    );
  });

  it.each(["toString", "valueOf", "hasOwnProperty", "__class__", "length", "call", "value", "map"])(
    "does not show %s of a text, a list or a dictionary",
    (name) => {
      expect(render(`{{ s.${name} is defined }}{{ l.${name} is defined }}{{ o.${name} is defined }}`, variables)).toBe(
        "FalseFalseFalse",
      );
    },
  );

  it("does not change the variables that it was given", () => {
    const given = { l: [1], d: { a: 1 } };
    render("{% set l = l + [2] %}{% set d = 1 %}{{ l }}", given);
    expect(given).toEqual({ l: [1], d: { a: 1 } });
    expect(faultOf(() => render("{% set d.a = 2 %}", given))).toContain("only a namespace's can be set");
    expect(faultOf(() => render("{% for i in l %}{% set loop.index = 2 %}{% endfor %}", given))).toContain(
      "namespace's can be set",
    );
  });

  it("does not change them where it changes its lists and dictionaries", () => {
    const given = { l: [1, [2]], d: { a: { b: 1 } } };
    expect(
      render("{% set _ = l.append(3) %}{% set _ = l[1].pop() %}{% set _ = d.a.update(c=2) %}{{ l }}{{ d }}", given),
    ).toBe("[1, [], 3]{'a': {'b': 1, 'c': 2}}");
    expect(given).toEqual({ l: [1, [2]], d: { a: { b: 1 } } });
  });

  it("refuses values that are not JSON", () => {
    expect(faultOf(() => render("{{ f }}", { f: () => 1 }))).toBe("variables.f: not a JSON value");
  });
});

describe("a template of a prompt with several", () => {
  it("is named by its faults", () => {
    const template = parseTemplate("{{ 1 / 0 }}", "messages.1.content");
    expect(faultOf(() => renderTemplate(template, {}))).toBe("messages.1.content: division by zero");
  });

  it("refuses its variables with a message of its own", () => {
    expect(faultOf(() => render("{{ raise_exception('roles must alternate') }}"))).toBe(
      "template: the template says: roles must alternate",
    );
  });
});

describe("mistakes in a template", () => {
  it.each([
    ["{{ 1 + 'a' }}", "the operator + does not take int and str"],
    ["{{ 1 / 0 }}", "division by zero"],
    ["{{ 'a' < 1 }}", "cannot compare str with int"],
    ["{{ 'x'() }}", "is a str, not something to call"],
    ["{{ 'a' | upper(1) }}", 'the filter "upper" takes at most 0 arguments'],
    ["{{ 'a' | truncate(lenght=3) }}", 'the filter "truncate" has no argument "lenght"'],
    ["{{ 3 is divisibleby }}", 'the test "divisibleby" takes 1 arguments, not 0'],
    ["{{ 2 ** 60 }}", "more than 53 bits"],
    ["{% for a, b in [[1]] %}{% endfor %}", "cannot unpack 1 values into 2 names"],
    ["{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "the macro m takes 1 arguments, not 2"],
    ["{{ range }}", "the function range cannot be printed"],
    ["{% for i in 3 %}{% endfor %}", "cannot loop over a value of type int"],
    ["{{ {[1]: 2} }}", "a list cannot be the key of a dictionary"],
    ["{{ [1][::0] }}", "a slice's step cannot be zero"],
    ["{{ 'a'.format(1) }}", "(…).format is not defined"],
    ["{{ 'abc'.index('z') }}", 'index() did not find "z"'],
    ["{{ 'abc'.partition('') }}", "partition() needs a separator that is not empty"],
    ["{{ [].pop() }}", "pop() found nothing at position -1 of the list"],
    ["{{ {}.pop('a') }}", "pop() did not find the key in the dictionary"],
    ["{{ [1].remove(2) }}", "remove() did not find the value in the list"],
    ["{{ {}.update([1]) }}", "cannot loop over a value of type int"],
    ["{{ '%x' | format(1.5) }}", "%x needs an integer, not a float"],
    ["{{ '%c' | format('ab') }}", "%c needs one character, or its code point"],
    ["{{ (['a'] * 300) | truncate(3) }}", "truncate cuts texts, not a list"],
    ["{{ ('b' if false).name }}", 'has no "else"'],
    ["{{ ('b' if false) + 1 }}", 'has no "else"'],
  ])("are named: %j", (source, message) => {
    const fault = faultOf(() => render(source));
    expect(fault).toMatch(/^template: /);
    expect(fault).toContain(message);
  });
});

describe("where a dictionary has a key named like a method", () => {
  it("reads the key, and calls the method", () => {
    const order = { items: ["pen"], keys: 1 };
    expect(render("{% for i in order.items %}{{ i }}{% endfor %} {{ order.items() }}", { order })).toBe(
      "pen [('items', ['pen']), ('keys', 1)]",
    );
  });
});
