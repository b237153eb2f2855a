import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { FILTERS } from "../../../src/domain/template/filters.ts";
import { freeVariables } from "../../../src/domain/template/free-variables.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import { TESTS } from "../../../src/domain/template/tests.ts";

const LIMITS = { steps: 5_000, output: 20_000, callDepth: 16 };
const VARIABLES = {
  s: "a 'quoted' text, <b>é😀</b>",
  n: 3,
  f: 2.5,
  l: [3, 1, "x", null],
  d: { a: 1, items: [1] },
  t: true,
};
const names = fc.constantFrom("s", "n", "f", "l", "d", "t", "missing", "x", "m", "none", "range", "loop", "__proto__");
const literal = fc.constantFrom(
  "1",
  "0",
  "-2",
  "2.5",
  "10**9",
  "'a'",
  "''",
  "'a.b'",
  "[]",
  "[1, 2]",
  "{'a': 1}",
  "true",
  "(1, 2)",
);
const operator = fc.constantFrom(
  "+",
  "-",
  "*",
  "/",
  "//",
  "%",
  "**",
  "~",
  "==",
  "<",
  ">=",
  "in",
  "not in",
  "and",
  "or",
);

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      names,
      literal,
      fc.tuple(inner, operator, inner).map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(inner, fc.constantFrom(...FILTERS.keys()), inner).map(([a, name, b]) => `(${a})|${name}(${b})`),
      fc.tuple(inner, fc.constantFrom(...FILTERS.keys())).map(([a, name]) => `(${a})|${name}`),
      fc
        .tuple(inner, fc.constantFrom(...[...TESTS.keys()].filter((name) => /^\w+$/.test(name))))
        .map(([a, name]) => `(${a}) is ${name}`),
      fc
        .tuple(inner, fc.constantFrom("a", "items", "constructor", "split", "upper"))
        .map(([a, name]) => `(${a}).${name}`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a})[${b}]`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a})(${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a})[${b}:]`),
    ),
  };
});

const { template } = fc.letrec<{ template: string }>((tie) => {
  const body = tie("template");
  return {
    template: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("text", "\n", " {# c #} ", "{% raw %}{{{% endraw %}"),
      expression.map((e) => `{{ ${e} }}`),
      fc.tuple(expression, body, body).map(([e, a, b]) => `{% if ${e} %}${a}{% else %}${b}{% endif %}`),
      fc.tuple(expression, body).map(([e, a]) => `{% for x in ${e} %}${a}{% endfor %}`),
      fc.tuple(expression, body).map(([e, a]) => `{% set x = ${e} %}${a}`),
      fc.tuple(body, body).map(([a, b]) => `{% macro m(x) %}${a}{{ m(x) }}{% endmacro %}${b}`),
      fc.tuple(body, body).map(([a, b]) => a + b),
    ),
  };
});

/** The variable that a rendering without any says it misses. */
function missedVariable(source: string): string | undefined {
  try {
    renderTemplate(parseTemplate(source), {}, LIMITS);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return /^variables\.(\w+)$/.exec(error.errors?.[0]?.path ?? "")?.[1];
  }
}

/** Whether the work ends well or with an AppError of the template's, never with anything else. */
function endsCleanly(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    return error instanceof AppError && error.code === "validation_error";
  }
}

describe("templates made at random", () => {
  it("render within the caps, or fail with an error about the template", () => {
    const property = fc.property(template, (source) =>
      endsCleanly(() => {
        const parsed = parseTemplate(source);
        freeVariables(parsed);
        if (renderTemplate(parsed, VARIABLES, LIMITS).length > LIMITS.output) throw new Error("too long");
      }),
    );
    expect(fc.check(property, { seed: 20_261_124, numRuns: 3_000 }).counterexample).toBeNull();
  });

  it("that are mere noise fail with an error about the template", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      "{%",
      "%}",
      "{#",
      "#}",
      "-",
      " ",
      "if",
      "is",
      "not",
      "set",
      "for",
      "in",
      "x",
      "|",
      "(",
      ")",
      "[",
      "]",
      "'",
      "=",
      ":",
      ",",
      ".",
      "1",
      "\\",
      "\n",
      "raw",
      "endraw",
      "else",
      "endif",
      "é",
      "\ud800",
    );
    const noise = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));
    const property = fc.property(noise, (source) =>
      endsCleanly(() => renderTemplate(parseTemplate(source), VARIABLES, LIMITS)),
    );
    expect(fc.check(property, { seed: 20_261_124, numRuns: 5_000 }).counterexample).toBeNull();
  });

  it("miss no variable at rendering that was not found beforehand", () => {
    const property = fc.property(template, (source) => {
      const name = missedVariable(source);
      if (name === undefined) return true;
      const { required, optional } = freeVariables(parseTemplate(source));
      const mayBeSet = /\{% (?:set|macro)/.test(source) ? optional : [];
      return [...required, ...mayBeSet].includes(name);
    });
    expect(fc.check(property, { seed: 20_261_124, numRuns: 3_000 }).counterexample).toBeNull();
  });
});
