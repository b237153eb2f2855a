import type { Random } from "../gate-sim/random.ts";

import {
  type Kind,
  KINDS,
  NAMES,
  LITERALS,
  TEXT_METHODS,
  TEXT_TO_LIST,
  TEXT_TO_BOOL,
  TEXT_TO_INT,
  CHANGES,
  DICT_CHANGES,
  FORMATS,
  TESTS,
} from "./vocabulary.ts";

/** Share of operands of a kind that their place does not expect. */
const ODD = 0.03;

/** Builds one template after another from the numbers of `random`. */
export class Grammar {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** One to three pieces: text, outputs and blocks. */
  template(): string {
    const count = 1 + this.#below(3);
    return Array.from({ length: count }, () => this.#statement(2)).join("");
  }

  #below(count: number): number {
    return Math.floor(this.#random.unit() * count);
  }

  #pick<T>(items: readonly [T, ...T[]] | readonly T[]): T {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error("there is nothing to pick from");
    return item;
  }

  #one(...choices: readonly (() => string)[]): string {
    return this.#pick(choices)();
  }

  #statement(depth: number): string {
    const output = () => `{{${this.#sign()} ${this.#value("any", 3)} ${this.#sign()}}}`;
    if (depth === 0 || this.#random.chance(0.5)) return output();
    const body = () => this.#statement(depth - 1);
    return this.#one(
      () => this.#pick(["text ", "\n", "  {# note #} ", "{% raw %}{{ x }}{% endraw %}", "é😀\n", "{ a }"]),
      () => `{% if ${this.#value("any", 2)} %}${body()}{% else %}${body()}{% endif %}`,
      () => `{%- for x in ${this.#value("list", 2)} -%} ${this.#loopBody()} {%- else %}none{% endfor %}`,
      () => `{% for k, v in ${this.#value("dict", 1)}.items() %}{{ k }}={{ v }};{% endfor %}`,
      () => `{% set v = ${this.#value("any", 3)} %}{{ v }}`,
      () => `{% set v %}${body()}{% endset %}[{{ v }}]`,
      () => `{% filter ${this.#textFilter()} %}${body()}{% endfilter %}`,
      () =>
        `{% macro m(a, b=${this.#value("any", 1)}) %}{{ a }}-{{ b }}{% endmacro %}{{ m(${this.#value("any", 2)}) }}`,
      () => this.#change(),
    );
  }

  #sign(): string {
    return this.#random.chance(0.1) ? "-" : "";
  }

  #loopBody(): string {
    return this.#pick([
      "{{ x }},",
      "{{ loop.index }}:{{ x }}{% if not loop.last %}, {% endif %}",
      "{% if loop.first %}{% continue %}{% endif %}{{ x }}",
      "{{ loop.cycle('a', 'b') }}{{ loop.revindex0 }}",
      "{{ x is string }}{{ loop.changed(x) }}",
      "{{ loop.previtem is defined }}",
    ]);
  }

  /** A list or a dictionary that the template changes, and what is left of it. */
  #change(): string {
    if (this.#random.chance(0.4)) {
      const start = this.#pick(["{'b': 1, 'a': 2}", "dict(b=1)", "d", "d.copy()"]);
      const change = () => `{% set _ = v.${this.#pick(DICT_CHANGES)} %}`;
      return `{% set v = ${start} %}${change()}${change()}{{ v }}{{ d }}`;
    }
    const start = this.#pick(["[]", "[3, 1, 2]", "l", "l|list", "l.copy()", "words"]);
    const change = () => `{% ${this.#pick(["set _ =", "if"])} v.${this.#pick(CHANGES)} %}`;
    const [first, second] = [change(), change()].map((tag) => (tag.startsWith("{% if") ? `${tag}{% endif %}` : tag));
    return `{% set v = ${start} %}${first}${second}{{ v }}{{ l }}`;
  }

  /** An expression of that kind; now and then of another one. */
  #value(kind: Kind, depth: number): string {
    const wanted = kind === "any" || this.#random.chance(ODD) ? this.#pick(KINDS) : kind;
    if (this.#random.chance(0.01)) return this.#pick(["missing", "z", "none", "('b' if false)"]);
    if (wanted === "any") return "z";
    if (depth === 0 || this.#random.chance(0.25)) return this.#pick([...NAMES[wanted], ...LITERALS[wanted]]);
    switch (wanted) {
      case "text":
        return this.#text(depth - 1);
      case "int":
        return this.#integer(depth - 1);
      case "float":
        return this.#float(depth - 1);
      case "bool":
        return this.#truth(depth - 1);
      case "list":
        return this.#list(depth - 1);
      case "dict":
      default:
        return this.#one(
          () => `{${this.#pick([...NAMES.text, ...LITERALS.text, "1", "none"])}: ${this.#value("any", depth - 1)}}`,
          () => `dict(a=${this.#value("any", depth - 1)})`,
          () => `(${this.#value("dict", depth - 1)}).copy()`,
        );
    }
  }

  #text(depth: number): string {
    const text = () => `(${this.#value("text", depth)})`;
    return this.#one(
      () => `${text()}.${this.#pick(TEXT_METHODS)}`,
      () => `${text()}|${this.#textFilter()}`,
      () => `${this.#value("any", depth)}|string`,
      () => `(${this.#value("any", depth)} ~ ${this.#value("any", depth)})`,
      () => `(${this.#value("text", depth)} + ${this.#value("text", depth)})`,
      () => `(${this.#value("text", depth)} * ${this.#value(this.#pick(["int", "bool"]), 0)})`,
      () => `${text()}[${this.#value(this.#pick(["int", "bool"]), 0)}]`,
      () => `${text()}[${this.#slice()}]`,
      () => `(${this.#value("list", depth)})|join(${this.#pick(["", "', '", "'-', attribute='name'"])})`,
      () => this.#format(depth),
      () => `(${this.#value("text", depth)} if ${this.#value("bool", depth)} else ${this.#value("text", depth)})`,
      () => `(${this.#value("text", depth)} if ${this.#value("bool", depth)})|${this.#textFilter()}`,
      () => `${this.#value("any", depth)}|default(${this.#value("text", 0)}, ${this.#value("bool", 0)})`,
      () => `${this.#value("any", depth)}|${this.#pick(["tojson", "tojson(2)", "pprint", "e", "urlencode"])}`,
      () => `${this.#value(this.#pick(["int", "float"]), depth)}|filesizeformat${this.#pick(["", "(true)"])}`,
    );
  }

  #textFilter(): string {
    return this.#pick([
      "upper",
      "lower",
      "capitalize",
      "title",
      "trim",
      "trim('a')",
      "reverse",
      "striptags",
      "center(12)",
      "replace('a', 'XY')",
      "replace('a', 'b', 1)",
      "indent",
      "indent(2, true)",
      "indent('> ', blank=true)",
      "truncate(9)",
      "truncate(8, true, '', 0)",
      "truncate(12, false, '…')",
      "wordwrap(6)",
      "wordwrap(4, false)",
      "wordwrap(5, true, '|')",
      "wordwrap(9, break_on_hyphens=false)",
      "string",
    ]);
  }

  #slice(): string {
    const bound = () => this.#pick(["", "0", "1", "2", "-1", "-2", "9", "t"]);
    return `${bound()}:${bound()}${this.#pick(["", "", ":-1", ":2"])}`;
  }

  #format(depth: number): string {
    const directive = this.#pick(FORMATS);
    const kind = /[sr]/.test(directive) ? "any" : this.#pick<Kind>(["int", "float", "float", "bool"]);
    const value = directive === "%%" ? "" : this.#value(kind, depth);
    return this.#random.chance(0.2) ? `('${directive}' % (${value || "()"}))` : `'${directive}'|format(${value})`;
  }

  #integer(depth: number): string {
    const number = () => this.#value(this.#pick<Kind>(["int", "int", "bool"]), depth);
    return this.#one(
      () => `(${number()} ${this.#pick(["+", "-", "*", "//", "%"])} ${number()})`,
      () => `(${this.#value("text", depth)}).${this.#pick(TEXT_TO_INT)}`,
      () => `(${this.#value(this.#pick(["text", "list", "dict"]), depth)})|length`,
      () => `${this.#value("any", depth)}|int${this.#pick(["", "(0, 2)", "(5)", "(0, 16)", "(default=1)"])}`,
      () => `(${this.#value("list", depth)})|sum`,
      () => `(${this.#value("list", depth)}).${this.#pick(["index(1)", "count(1)", "count('b')"])}`,
      () => `${this.#value("text", depth)}|wordcount`,
      () => `(-${number()})|abs`,
    );
  }

  #float(depth: number): string {
    const number = () => this.#value(this.#pick<Kind>(["int", "float"]), depth);
    return this.#one(
      () => `(${number()} ${this.#pick(["+", "-", "*", "/", "//", "%", "/"])} ${this.#value("float", depth)})`,
      () => `${this.#value("any", depth)}|float${this.#pick(["", "(1.5)"])}`,
      () => `${this.#value("float", depth)}|round${this.#pick(["", "(1)", "(2)", "(0, 'ceil')", "(1, 'floor')"])}`,
      () => `(${number()} / ${number()})`,
    );
  }

  #truth(depth: number): string {
    const any = () => this.#value("any", depth);
    return this.#one(
      () => `(${any()} is ${this.#pick(["", "not "])}${this.#pick(TESTS)})`,
      () => `(${this.#value("int", depth)} is ${this.#pick(["divisibleby(3)", "gt(1)", "eq(7)", "in([1, 7])"])})`,
      () => `(${this.#value("text", depth)}).${this.#pick(TEXT_TO_BOOL)}`,
      () => `(${any()} ${this.#pick(["==", "!="])} ${any()})`,
      () => {
        const kind = this.#pick<Kind>(["int", "float", "text", "bool"]);
        return `(${this.#value(kind, depth)} ${this.#pick(["<", "<=", ">", ">="])} ${this.#value(kind, depth)})`;
      },
      () => `(${this.#value("text", depth)} in ${this.#value(this.#pick(["text", "list", "dict"]), depth)})`,
      () => `(not ${any()})`,
      () => `(${this.#value("bool", depth)} ${this.#pick(["and", "or"])} ${this.#value("bool", depth)})`,
    );
  }

  #list(depth: number): string {
    const list = () => `(${this.#value("list", depth)})`;
    return this.#one(
      () => `[${this.#value("any", depth)}, ${this.#value("any", depth)}]`,
      () => `(${this.#value("text", depth)}).${this.#pick(TEXT_TO_LIST)}`,
      () => `${list()}|sort${this.#pick(["", "(reverse=true)", "(case_sensitive=true)"])}`,
      () => `${list()}|${this.#pick(["unique|list", "reverse|list", "list", "batch(2)|list", "slice(2, 0)|list"])}`,
      () => `${list()}|map('${this.#pick(["upper", "string", "int", "length", "float"])}')|list`,
      () =>
        `${list()}|${this.#pick(["select", "reject"])}${this.#pick(["", "('string')", "('odd')", "('none')"])}|list`,
      () => `users|${this.#pick(["selectattr('nick')", "rejectattr('age', 'gt', 30)", "map(attribute='age')"])}|list`,
      () => `users|groupby('team')|map('first')|list`,
      () => `(${this.#value("dict", depth)})|${this.#pick(["dictsort", "list", "items|list", "dictsort(by='key')"])}`,
      () => `${list()}[${this.#slice()}]`,
      () => `(${list()} + ${list()})`,
      () => `(${list()} * ${this.#value(this.#pick(["int", "bool"]), 0)})`,
      () => `range(${this.#value("int", 0)})|list`,
      () => `${this.#pick(["z", "no", "0", "empty"])}|${this.#pick(["map('upper')", "select", "reject('odd')"])}|list`,
      () => `[${this.#value("any", depth)}|attr('x') is defined]`,
      () => `[(${this.#value("list", depth)})|${this.#pick(["first", "last", "min", "max"])}]`,
    );
  }
}
