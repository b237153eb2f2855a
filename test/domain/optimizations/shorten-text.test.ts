import { describe, expect, it } from "vitest";
import { makePass, type Pass, shortenText } from "../../../src/domain/optimizations/shorten-text.ts";
import { protectText } from "../../../src/domain/optimizations/protected-text.ts";
import { textsOf } from "../../../src/domain/optimizations/prompt-texts.ts";
import { namesIn } from "../../../src/domain/optimizations/reflection.ts";
import { withoutEachExample } from "../../../src/domain/optimizations/surplus-examples.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import { LIFELIKE_PROMPTS } from "../../../load/proofs/optimize/lifelike-prompts.ts";

const pass = (name: Pass) => (text: string) => makePass(name, text);

describe("fillers", () => {
  const drop = pass("filler_phrases");

  it.each([
    ["Please answer briefly.", "Answer briefly."],
    ["Could you please answer?", "Could you answer?"],
    ["Please make sure to always be polite.", "Always be polite."],
    ["It is important to note that you should cite sources.", "Cite sources."],
    ["I want you to act as a poet.", "Act as a poet."],
    ["Your task is to classify {{ text }}.", "Classify {{ text }}."],
    ["- You need to use SI units.", "- Use SI units."],
    ["In order to win, make use of tactics.", "To win, use tactics."],
    ["Do it due to the fact that it rains.", "Do it because it rains."],
    ["Be short. Thank you!", "Be short."],
    ["Remember to cite.", "Cite."],
  ])("go from %j", (text, shorter) => expect(drop(text)).toBe(shorter));

  it.each([
    "You should not answer.",
    "You need to not answer.",
    "Make sure you do not lie.",
    "If it rains, you should stay.",
    'Begin with "Please note that we are closed."',
    "Say `please` twice.",
    "```\nplease\n```",
    "<email>\nPlease call me. Thank you!\n</email>",
    '{{ "please" }} {% if x == "in order to" %}a{% endif %}',
    "{% set tone = 'please' %}{% raw %}please {{ x }}{% endraw %}",
    "{% macro ask() %}Please go.{% endmacro %}{% if ask() == 'Please go.' %}x{% endif %}",
    "Example 1\nInput: please help\nOutput: in order to",
    "User: please\n    please(code)",
    "Is it displeasing? He said thank you.",
  ])("stay in %j", (text) => expect(drop(text)).toBe(text));
});

describe("repeated instructions", () => {
  const drop = pass("repetitions");

  it("go, whatever their case and emphasis, with the line where nothing else is in it", () => {
    const text =
      "Always answer in the user's language. Be brief.\n\n- IMPORTANT: You must answer in the user's language!\n- Cite.";
    expect(drop(text)).toBe("Always answer in the user's language. Be brief.\n\n- Cite.");
    expect(drop("Use only the table given. Be kind. Use only the table given.")).toBe(
      "Use only the table given. Be kind.",
    );
    expect(drop("- Answer with one word only.\n- Answer with one word only. Be kind.")).toBe(
      "- Answer with one word only.\n- Be kind.",
    );
  });

  it.each([
    ["other words", "Answer in short English sentences.\nAnswer in long English sentences."],
    ["another order", "List dogs before the cats.\nList cats before the dogs."],
    ["a negation", "Do answer in plain English.\nDo not answer in plain English."],
    ["labels", "Sentiment: positive\nSentiment: positive"],
    ["variables", "Use the tone {{ tone }} here now.\nUse the tone {{ tone }} here now."],
    [
      "a condition",
      "{% if a %}\nNever mention the price list.\n{% else %}\nNever mention the price list.\n{% endif %}",
    ],
    ["numbers of a list", "Never mention the price list.\n1. Never mention the price list."],
    ["introductions", "Use the format given next:\na\nUse the format given next:\nb"],
    ["what points elsewhere", "Do all of the steps above.\nx\nDo all of the steps above."],
    ["examples", "Example 1\nThe sky is blue today.\n\nExample 2\nThe sky is blue today."],
  ])("stay where they differ by %s", (_, text) => expect(drop(text)).toBe(text));
});

describe("white space and JSON", () => {
  it("lose what says nothing, and keep indents, tables and code", () => {
    const text = "  A  b. \n\n\n\n    code  here\n| a   | b |\n```\nx   y\n```\n- c\n  - d   e\n";
    expect(makePass("white_space", text)).toBe("A b.\n\n    code  here\n| a   | b |\n```\nx   y\n```\n- c\n  - d e");
  });

  it("are compact where JSON is printed over lines, and nothing in its strings changes", () => {
    const json = '{\n  "a key": "x,  y: z",\n  "list": [\n    1,\n    2\n  ],\n  "of": {{ schema }}\n}';
    expect(makePass("compact_json", `As\n${json}\nonly`)).toBe(
      'As\n{"a key":"x,  y: z","list":[1,2],"of":{{ schema }}}\nonly',
    );
    for (const kept of [
      '{"short": 1}',
      `\`\`\`json\n{\n"a": ${"1".repeat(50)}\n}\n\`\`\``,
      "{\n  unclosed: [1,\n 2, 3, 4, 5, 6, 7, 8, 9, 10",
    ]) {
      expect(makePass("compact_json", kept)).toBe(kept);
    }
  });
});

describe("the passes", () => {
  it("leave a text alone that has private characters of its own", () => {
    expect(shortenText("Please \uE000")).toEqual({ text: "Please \uE000", passes: [] });
  });

  it("give every span back as it was", () => {
    const text = 'a {{ x }} "b" `c` <d>e</d>\n```\nf\n```';
    const held = protectText(text, { quotes: true });
    expect(held?.restore(held.text)).toBe(text);
    expect(held?.text.replaceAll(/[\uE000-\uF8FF]/g, "_")).toBe("a _ _ _ _\n_");
  });

  it.each(LIFELIKE_PROMPTS.map(({ name, yaml }) => [name, yaml]))(
    "keep the templates, variables and quotations of %s, and do nothing a second time",
    (name, yaml) => {
      const { definition } = importPrompt(yaml, "yaml", name);
      for (const text of textsOf(definition.messages)) {
        const { text: shorter } = shortenText(text);
        expect(shortenText(shorter).text).toBe(shorter);
        expect(namesIn([shorter])).toEqual(namesIn([text]));
        const tagsIn = (of: string) => of.match(/\{\{.*?\}\}|\{%.*?%\}|"[^"\n]*"|```/g);
        // Compact JSON has the same strings, which are quotations here.
        expect(tagsIn(shorter)).toEqual(tagsIn(text));
      }
    },
  );

  it("render to the same words but for what they dropped", () => {
    const text = "{% for x in xs %}\n-   {{ x }}  \n{% endfor %}\n\n\n\nPlease sort them.";
    const render = (of: string) => renderTemplate(parseTemplate(of, "t"), { xs: ["a  b", "c"] });
    expect(render(shortenText(text).text)).toContain("- a  b");
    expect(render(shortenText(text).text).trim().split(/\s+/)).toEqual(
      render(text).trim().replace("Please sort", "Sort").split(/\s+/),
    );
  });
});

describe("surplus examples", () => {
  it("are left out one at a time: elements, numbered paragraphs and turns", () => {
    const text = "Do it.\n\n<example>\na\n</example>\n\n<example>\nb\n</example>\n\nExample 1\nx\n\nNow: {{ text }}";
    const turns = [
      { role: "user" as const, content: "2 + 2?" },
      { role: "assistant" as const, content: "4" },
      { role: "user" as const, content: "{{ text }}" },
    ];
    const candidates = withoutEachExample([{ role: "system", content: text }, ...turns]);
    expect(candidates.map((messages) => [messages.length, textsOf(messages)[0]?.match(/^[abx]$/gm)])).toEqual([
      [4, ["b", "x"]],
      [4, ["a", "x"]],
      [4, ["a", "b"]],
      [2, ["a", "b", "x"]],
    ]);
  });

  it("are no surplus where there is one, or where a tag stands in it", () => {
    expect(withoutEachExample([{ role: "user", content: "<example>a</example> {{ text }}" }])).toEqual([]);
    const loop = "<example>{% for x in xs %}</example><example>{% endfor %}</example>";
    expect(withoutEachExample([{ role: "user", content: loop }])).toEqual([]);
    const open = [
      { role: "user" as const, content: "{{ question }}" },
      { role: "assistant" as const, content: "Hm." },
    ];
    expect(withoutEachExample([...open, { role: "user", content: "Go on." }])).toEqual([]);
  });
});
