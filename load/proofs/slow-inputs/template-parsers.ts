import { freeVariables } from "../../../src/domain/template/free-variables.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { type TextParser, lines, repeat } from "./pumped-texts.ts";

const TOKENS = [
  ..."{{ | }}|{% | %}|{{-|-}}|{#|#}|x|x.|x[|(|)|[|]|{|}|'|\"|\\|.|,|+|-|~| not | if | else | is |if x|endif|endfor|1|1_|1.|0x|:| \n".split(
    "|",
  ),
  ..."for a in b|for a in |raw|endraw|macro a()|endmacro|set a = 1|{% if x %}|{% endif %}|{{ x }}|{% raw %}|{%|-%}".split(
    "|",
  ),
  "|",
];

/** Where in a template the repeated part stands. */
const PLACES: Record<string, readonly [before: string, after: string]> = {
  "tag of a template": ["{{ ", " }}"],
  "statement of a template": ["{% if ", " %}{% endif %}"],
  "text in a tag of a template": ["{{ '", "' }}"],
};

const SHAPES: Record<string, (size: number) => string> = {
  "macros and their calls": (size) =>
    lines(size / 8, (at) => `{%macro m${at}()%}{%endmacro%}`) + lines(size / 3, (at) => `{{v${at}}}`),
  calls: (size) => "{% macro m() %}{% endmacro %}" + lines(size / 16, () => `{{ m() }}`),
  "parameters of a macro": (size) =>
    `{% macro m(${lines(size / 1.5, (at) => `p${at.toString(36)},`)}) %}{% endmacro %}`,
  "named arguments": (size) => `{{ dict(${lines(size / 8, (at) => `p${at}=1,`)}) }}`,
  names: (size) => lines(size / 16, (at) => `{{ v${at} }}`),
  targets: (size) => `{% set ${lines(size / 8, (at) => `p${at},`)} = x %}`,
  "nested loops": (size) =>
    repeat("{% for a in b %}", Math.min(size, 1500)) + repeat("{% endfor %}", Math.min(size, 1200)),
  branches: (size) => `{% if a %}${lines(size / 32, (at) => `{% elif b${at} %}{% set c${at} = 1 %}`)}{% endif %}`,
  sets: (size) => lines(size / 32, (at) => `{% set c${at} = 1 %}`),
  "blocks one deeper each": (size) =>
    repeat("{% if a %}{% set b = 1 %}", Math.min(size, 4000)) + repeat("{% endif %}", Math.min(size, 1760)),
};

const work = (text: string): unknown => freeVariables(parseTemplate(text));

/** The parser of templates, and the search for their variables. */
export const TEMPLATE_PARSERS: readonly TextParser[] = [
  { parser: "template", tokens: TOKENS, shapes: SHAPES, work },
  ...Object.entries(PLACES).map(([parser, around]) => ({ parser, tokens: TOKENS, around, work })),
];
