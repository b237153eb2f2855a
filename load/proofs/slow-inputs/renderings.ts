import { FILTERS } from "../../../src/domain/template/filters.ts";
import { TEXT_METHODS } from "../../../src/domain/template/methods-text.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import type { Random } from "../gate-sim/random.ts";
import type { Suspect } from "./growth.ts";
import { repeat } from "./pumped-texts.ts";

const TEXTS: Record<string, (size: number) => string> = {
  "one letter": (size) => "a".repeat(size),
  "one letter and a line": (size) => `${"a".repeat(size)}\n\tb`,
  digits: (size) => `${"0".repeat(size)}1`,
  "white space": (size) => `a${" ".repeat(size)}b`,
  words: (size) => repeat("ab cd ", size),
  lines: (size) => repeat("a\n", size),
  tabs: (size) => repeat("a\t", size),
  tags: (size) => repeat("<a", size),
  comments: (size) => repeat("<!--", size),
  entities: (size) => repeat("&amp", size),
  "per cent": (size) => repeat("%", size),
  directives: (size) => repeat("%s", size),
  quotes: (size) => repeat("'\\\"", size),
  hyphens: (size) => repeat("a-", size),
  emoji: (size) => repeat("👩‍👧", size),
  accents: (size) => `e${"\u0301".repeat(size)}`,
};
const LISTS: Record<string, (size: number) => unknown> = {
  numbers: (size) => Array.from({ length: size }, (_, at) => at % 7919),
  texts: (size) => Array.from({ length: size }, (_, at) => `t${at}`),
  mappings: (size) => Array.from({ length: size }, (_, at) => ({ a: at, b: "x" })),
};
const ARGUMENTS = ["", "('a')", "('a', 'b')", "(3)", "(3, 'a')", "('', 'b')", "(x)", "(x, 'b')", "(attribute='a')"];

/** Expressions of a list that no filter has. */
const EXPRESSIONS = [
  "{% for a in x %}{{ a }}{% endfor %}",
  "{% for a in x %}{% if a in x %}1{% endif %}{% endfor %}",
  "{% for a in x %}{{ x.index(a) }}{% endfor %}",
  "{{ x + x }}",
  "{{ x * 3 }}",
  "{{ x == x }}",
  "{{ x < x }}",
  "{{ x[::-1] }}",
  "{{ 'a' in x }}",
  "{{ x in x }}",
  "{{ x ~ x }}",
  "{{ x % 1 }}",
  "{{ x % x }}",
  "{% set y = namespace(t='') %}{% for a in x %}{% set y.t = y.t ~ a %}{% endfor %}{{ y.t }}",
  "{% set y = [] %}{% for a in x %}{% set _ = y.append(a) %}{% endfor %}{{ y | length }}",
  "{% set y = [] %}{% for a in x %}{% set _ = y.insert(0, a) %}{% endfor %}{% for a in x %}{% set _ = y.pop(0) %}{% endfor %}",
  "{% set y = {} %}{% for a in x %}{% set _ = y.update({a: 1}) %}{% endfor %}{{ y | length }}",
];

/** What was slow once, and is always tried again. */
const ALWAYS = new Set([
  "{{ x.expandtabs() }} of one letter and a line",
  "{{ x | groupby(x) }} of accents",
  "{{ x | selectattr(x) }} of accents",
]);

/**
 * Suspects among the filters, methods and operators of templates, each with texts and with lists:
 * this share of them.
 */
export function renderingSuspects(random: Random, share: number): Suspect[] {
  const calls = [...FILTERS.keys()].flatMap((name) => ARGUMENTS.map((given) => `{{ x | ${name}${given} }}`));
  const methods = [...TEXT_METHODS.keys()].flatMap((name) =>
    ARGUMENTS.map((given) => `{{ x.${name}${given || "()"} }}`),
  );
  const ofTexts = combine([...calls, ...methods, ...EXPRESSIONS], TEXTS);
  const ofLists = combine([...calls, ...EXPRESSIONS], LISTS);
  return [...ofTexts, ...ofLists].filter(({ shape }) => random.chance(share) || ALWAYS.has(shape));
}

function combine(templates: readonly string[], values: Record<string, (size: number) => unknown>): Suspect[] {
  return templates.flatMap((source) =>
    Object.entries(values).map(([shape, make]) => ({
      parser: "rendering",
      shape: `${source} of ${shape}`,
      prepare(size: number) {
        const [template, x] = [parsed(source), make(size)];
        return () => template && renderTemplate(template, { x });
      },
    })),
  );
}

/** The template; undefined where the filter cannot take these arguments. */
function parsed(source: string) {
  try {
    return parseTemplate(source);
  } catch {
    return undefined;
  }
}
