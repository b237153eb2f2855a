import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { finishPrompt, importPrompt, readPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import {
  type IncludedPrompt,
  type IncludedPrompts,
  toIncluded,
} from "../../../../src/domain/prompts/included-prompt.ts";
import { renderPrompt } from "../../../../src/domain/prompts/render-prompt.ts";

/** A published prompt, as others include it. */
function published(name: string, source: string, prompts: IncludedPrompts = new Map()): IncludedPrompt {
  const { definition } = finishPrompt(readPrompt(source, "yaml", name), prompts);
  const included = toIncluded({ name, version: 1, definition });
  if (typeof included === "string") throw new Error(included);
  return included;
}

/** The definition of a file, with the texts of other prompts by their names. */
function read(template: string, texts: Record<string, string> = {}, name = "p") {
  const prompts = Object.entries(texts).map(([of, text]) => [of, published(of, JSON.stringify({ template: text }))]);
  const draft = readPrompt(JSON.stringify({ model: "gpt-4o-mini", template }), "yaml", name);
  return finishPrompt(draft, new Map(prompts as Array<[string, IncludedPrompt]>));
}

function rendered(template: string, texts: Record<string, string>, variables: Record<string, unknown> = {}): unknown {
  return renderPrompt(read(template, texts).definition, variables)[0]?.content;
}

function faults(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return (error.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  }
}

const LOOP = "{% for x in xs %}{% include 'a' %}{% endfor %}";

describe("an included template", () => {
  // What jinja2 3.1.6 prints for the same, with a DictLoader.
  it.each([
    ["[{% include 'a' %}]", "A\n", {}, "[A]"],
    ["[ {%- include 'a' -%} ]", " A ", {}, "[ A ]"],
    ["x {% include 'a' %} y", "{%- if true %} A {% endif -%}", {}, "x  A  y"],
    ["{% include 'a' %}{ x }}", "{", {}, "{{ x }}"],
    ["{% include 'a' %}% y", "{", {}, "{% y"],
    [LOOP, "{{ x }} ", { xs: ["p", "q"] }, "p q "],
    ["{% set v = 1 %}{% include 'a' %}{{ v }}", "{% set v = 2 %}{{ v }}", {}, "21"],
    ["{% raw %}{% include 'a' %}{% endraw %}", "A", {}, "{% include 'a' %}"],
    ["{# {% include 'a' %} #}-", "A", {}, "-"],
    ["{% if false %}{% include 'a' %}{% endif %}-", "A", {}, "-"],
    ["{{ '{% include \"a\" %}' }}", "A", {}, '{% include "a" %}'],
    ["a\r\n{% include 'a' %}\r\nb", "1\r\n2\r\n", {}, "a\n1\n2\nb"],
  ])("%j with %j renders as Jinja2 renders it", (template, a, variables, expected) => {
    expect(rendered(template, { a }, variables)).toBe(expected);
  });

  it("stands in every text of a message, and in the URL of a medium", () => {
    const source = JSON.stringify({
      model: "gpt-4o-mini",
      messages: [
        { role: "system", content: "{% include 'a' %}" },
        {
          role: "user",
          content: [
            { type: "text", text: "See {% include 'a' %}" },
            { type: "image", image: "https://cdn.test/{% include 'a' %}.png" },
          ],
        },
      ],
    });
    const { definition } = finishPrompt(
      readPrompt(source, "yaml", "p"),
      new Map([["a", published("a", "template: A")]]),
    );
    expect(renderPrompt(definition, {})).toEqual([
      { role: "system", content: "A" },
      {
        role: "user",
        content: [
          { type: "text", text: "See A" },
          { type: "image", image: { url: "https://cdn.test/A.png" } },
        ],
      },
    ]);
  });

  it("brings the variables that its text needs there, as it declares them", () => {
    const declared = "{type: object, required: false}, n: {type: integer, default: 3}";
    const a = published("a", `template: "{{ x }}{{ n }}"\nvariables: {x: {type: string}, o: ${declared}}`);
    const source = `template: "${LOOP}"\nmodel: gpt-4o-mini\nvariables: {xs: list, n: {type: string, default: own}}`;
    const { definition, warnings } = finishPrompt(readPrompt(source, "yaml", "p"), new Map([["a", a]]));
    expect(definition.variables).toEqual({
      xs: { type: "list", required: true },
      n: { type: "string", required: false, default: "own" },
    });
    expect(warnings).toEqual(['variables.n is of type string, and of type integer in "a".']);
    const alone = finishPrompt(
      readPrompt("template: '{% include \"a\" %}'\nmodel: m", "yaml", "p"),
      new Map([["a", a]]),
    );
    expect(alone.definition.variables).toEqual({
      x: { type: "string", required: true },
      n: { type: "integer", required: false, default: 3 },
    });
  });

  it("is named with all that it includes, each version once and at its greatest depth", () => {
    const c = published("c", "template: C");
    const b = published("b", "template: 'B{% include \"c\" %}'", new Map([["c", c]]));
    const draft = readPrompt('template: \'{% include "c" %}{% include "b" %}{% include "b@x" %}\'', "yaml", "a");
    const { definition } = finishPrompt(draft, new Map([...Object.entries({ b, c }), ["b@x", b]]));
    expect(draft.references).toEqual(["c", "b", "b@x"]);
    expect(definition.includes).toEqual([
      { name: "c", version: 1, depth: 2 },
      { name: "b", version: 1, depth: 1 },
    ]);
    expect(renderPrompt(definition, {})[0]?.content).toBe("CBCBC");
    expect(importPrompt("template: C", "yaml", "c").definition).not.toHaveProperty("includes");
  });
});

describe("a file with includes is refused", () => {
  it.each([
    ["a\n {% include x %}", 'line 2, column 2: include takes one name in quotes: {% include "name" %}'],
    ["{% include 'a' ignore missing %}", "line 1, column 1: include takes one name in quotes"],
    ["{% include 'gone' %}", 'line 1, column 1: cannot include "gone": No such prompt.'],
    ["{% include 'p' %}", 'line 1, column 1: cannot include "p": "p" cannot include itself'],
    ["{% include 'back' %}", 'line 1, column 1: cannot include "back": "back" includes "p" itself'],
  ])("at the place of the tag: %j", (template, fault) => {
    const back = { ...published("back", "template: B"), includes: [{ name: "p", version: 1, depth: 1 }] };
    const prompts: IncludedPrompts = new Map<string, IncludedPrompt | string>([
      ["gone", "No such prompt."],
      ["p", published("p", "template: P")],
      ["back", back],
    ]);
    const draft = readPrompt(JSON.stringify({ template }), "yaml", "p");
    const found = faults(() => finishPrompt(draft, prompts));
    expect(found).toEqual([expect.stringContaining(`template: ${fault}`)]);
  });

  it("with each of its faults, in every message", () => {
    const message = "{% include 'x' %} {% include 'y' %}";
    const source = JSON.stringify({ messages: [{ content: message }, { content: "{% include 'x' %}" }] });
    expect(
      faults(() => importPrompt(source, "yaml", "p")).map((fault) => fault.split(":").slice(0, 2).join(":")),
    ).toEqual([
      "messages.0.content: line 1, column 1",
      "messages.0.content: line 1, column 19",
      "messages.1.content: line 1, column 1",
    ]);
  });

  it("beyond eight levels", () => {
    let inner = published("n0", "template: x");
    for (let level = 1; level <= 8; level++) {
      inner = published(`n${level}`, "template: '{% include \"i\" %}'", new Map([["i", inner]]));
    }
    const draft = readPrompt("template: '{% include \"i\" %}'", "yaml", "n9");
    expect(faults(() => finishPrompt(draft, new Map([["i", inner]])))).toEqual([
      'template: line 1, column 1: cannot include "i": prompts include each other more than 8 levels deep',
    ]);
  });

  it("whose text grows beyond that of a template, before it is made", () => {
    const tenfold = "{% include 'i' %}".repeat(10);
    let inner = published("n0", "template: abcdefghij");
    for (let level = 1; level <= 3; level++) {
      inner = published(`n${level}`, JSON.stringify({ template: tenfold }), new Map([["i", inner]]));
    }
    expect(inner.text.length).toBeLessThan(200_000);
    const draft = readPrompt(JSON.stringify({ template: tenfold }), "yaml", "big");
    expect(faults(() => finishPrompt(draft, new Map([["i", inner]])))).toEqual([
      "template: the template has more than 200000 characters with what it includes",
    ]);
  });

  it("whose messages grow beyond a file together, each within its own limit", () => {
    const big = published("big", JSON.stringify({ template: "x".repeat(190_000) }));
    const messages = Array.from({ length: 200 }, () => ({ content: "{% include 'big' %}" }));
    const draft = readPrompt(JSON.stringify({ messages }), "yaml", "p");
    const found = faults(() => finishPrompt(draft, new Map([["big", big]])));
    expect(found[0]).toBe(
      "messages.5.content: is where the prompt has more than 1048576 characters with what it includes",
    );
  });

  it("that includes more than 32 others", () => {
    const template = Array.from({ length: 33 }, (_, index) => `{% include 'i${index}' %}`).join("");
    const draft = readPrompt(JSON.stringify({ template }), "yaml", "p");
    expect(draft.references).toEqual([]);
    expect(faults(() => finishPrompt(draft, new Map()))[0]).toBe(
      "template: is where the prompt includes more than 32 others",
    );
  });

  it("where the other prompt has no single text", () => {
    const messages = [{ role: "system", content: "A" }, { content: "B" }];
    const { definition } = importPrompt(JSON.stringify({ messages }), "yaml", "two");
    expect(toIncluded({ name: "two", version: 1, definition })).toContain('"two" has more than one text');
  });
});
