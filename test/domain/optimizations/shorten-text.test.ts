import { describe, expect, it } from "vitest";
import { type Level, makePass, type Pass, shortenMessages } from "../../../src/domain/optimizations/shorten-text.ts";
import { protectText } from "../../../src/domain/optimizations/protected-text.ts";
import { textsOf } from "../../../src/domain/optimizations/prompt-texts.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";

const pass = (name: Pass) => (text: string) => makePass(name, text);
const shorten = (text: string, level: Level = "telegraphic") => {
  const { messages, passes } = shortenMessages([{ role: "user", content: text }], { level });
  return { text: textsOf(messages)[0] ?? "", passes };
};

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
    ["You should not answer.", "You shouldn't answer."],
    ["Make sure you do not lie.", "Make sure you don't lie."],
    ["It is essential that you do not guess.", "Don't guess."],
    ["You will be provided with a resume.", "Given: a resume."],
    ["Answer it as well as possible.", "Answer it as well as possible."],
    ["List dates, as well as places.", "List dates, and places."],
    ["If you are required to sign, decide whether or not to.", "If you must sign, decide whether to."],
    ["Kindly answer.", "Answer."],
  ])("go from %j", (text, shorter) => expect(drop(text)).toBe(shorter));

  it.each([
    "You should never answer.",
    "You need to not answer.",
    "Make sure you never lie.",
    "DO NOT answer.",
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
    "word: please\nword: kindly",
    "Use <b> tags, please(), and https://example.com/please-note?kindly=1",
    "Ask for the parameters that are required to call the function.",
    "No fields are required to be filled.",
    "Return a number of 1 to 10.",
    "Translate as well as an expert would.",
    "Always say please and thank you.",
    "Speak kindly to everybody.",
    "You have to be an adult to buy it.",
    "Reply in French whether or not the text is French.",
    "In the event of a fire, call for help.",
    "Take what you can be sure to find.",
    "Say who you are.",
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

describe("similar sentences", () => {
  const drop = pass("similar_sentences");

  it("go where an earlier one says it with other words of grammar", () => {
    const text =
      "Do not use any prior knowledge from training. It is crucial that you do not use prior knowledge from training.";
    expect(drop(text)).toBe("Do not use any prior knowledge from training.");
  });

  it.each([
    ["another order", "List all dogs before cats and birds. List cats before all dogs and birds."],
    ["a negation", "Do use prior knowledge from training data. Do not use prior knowledge from training data."],
    ["a number", "Write 5 short lines about each topic. Write 3 short lines about each topic."],
    ["more words", "Explain prices of goods. Explain prices of goods, taxes, fees and rebates too."],
    [
      "far fewer words",
      "Explain prices, taxes, fees, rebates and shipping of goods. Explain shipping of goods to all.",
    ],
  ])("stay where they differ by %s", (_, text) => expect(drop(text)).toBe(text));

  it("go in a later message, and stay in what an assistant says", () => {
    const messages = (["system", "user", "assistant", "user"] as const).map((role) => ({
      role,
      content: "Answer in plain English only.",
    }));
    const { messages: made } = shortenMessages(messages, { level: "safe" });
    expect(textsOf(made)).toEqual(["Answer in plain English only.", "", "Answer in plain English only.", ""]);
  });
});

describe("decoration", () => {
  it("goes: emphasis, rules and the padding of tables", () => {
    expect(makePass("decoration", "**Note:** be *brief*.\n\n---\n\n| a   | b |\n|-----|---|\n| c | d |")).toBe(
      "Note: be brief.\n\n\n\n|a|b|\n|---|---|\n|c|d|",
    );
  });

  it.each(["2 ** 3 ** 4", "a*b*c", "`**x**`", "```\n**x**\n```", "{{ x }}\n---\nb", "* a\n* b", "snake_case_name"])(
    "stays in %j",
    (text) => expect(makePass("decoration", text)).toBe(text),
  );
});

describe("a schema in prose", () => {
  const schema = '{\n  "type": "object",\n  "properties": {"a": {"type": "string"}}\n}';
  const text = `Rate it.\nAnswer with this JSON schema:\n\`\`\`json\n${schema}\n\`\`\`\nOnly return valid JSON. Do not include any explanations.\nBe fair.`;

  it("goes where the version has one", () => {
    const shortened = (of?: object) =>
      textsOf(shortenMessages([{ role: "user", content: text }], { level: "concise", schema: of }).messages)[0];
    const own = { required: ["a"], properties: { a: { type: "string" } }, type: "object" };
    expect(shortened(own)).toBe("Rate it.\nBe fair.");
    expect(shortened()).toContain("Only return valid JSON.");
    // That of another thing, or one that says more.
    expect(shortened({ type: "object", properties: { b: { type: "string" } } })).toContain('"properties"');
  });

  it("goes alone where its line asks for something else before", () => {
    const asked = `Rate it. Return JSON with this schema:\n${schema}\nBe fair.`;
    expect(makePass("stated_schema", asked, { said: [], schema: JSON.parse(schema) })).toBe("Rate it.\nBe fair.");
  });

  it.each([
    "Set the JSON field `a` to null if it is missing.",
    "Return JSON only if {{ x }}.",
    "Use this JSON:\n{{ schema }}",
    'Parse the JSON:\n{"a": 1}',
    "Extract the invoice's fields and return them as JSON.",
    "Classify the ticket by urgency and return JSON.",
    "Return a JSON object with the three most important points.",
    "Do not remove comments. Never translate code comments.",
    "Do not use markdown in summaries.",
    `Rate the review from 1 to 5 by this JSON schema:\n${schema}`,
  ])("stays in %j", (kept) =>
    expect(makePass("stated_schema", kept, { said: [], schema: JSON.parse(schema) })).toBe(kept),
  );
});

describe("the telegraphic style", () => {
  it.each([
    ["You are a helpful assistant for the {{ company }} shop.", "Role: helpful assistant for {{ company }} shop."],
    ["The answer should be in the language of the user.", "Answer should be in language of user."],
    ["Use documents that are relevant (e.g. invoices, letters).", "Use documents relevant."],
    ["Cite the sources. This helps the reader to trust you.", "Cite sources."],
    ["However, the list is very long.", "List long."],
  ])("makes of %j", (text, shorter) => expect(makePass("telegraphic", text)).toBe(shorter));

  it.each([
    "Do not answer if it is not known.",
    "# The rules of the game",
    "Choose option A or B.",
    'Say "the end is near" and `the`.',
    "Is THE a word?",
    "Do not fully trust the reader.",
    "It need not be entirely correct, and never ignore it completely.",
    "Don't simply repeat it.",
    "If it is code, keep placeholders such as %s as if it were text.",
  ])("keeps what decides in %j", (text) => {
    const decisive =
      /(?:\bnot|n't) (?:be )?\w+ly\b|\bnever \w+ it completely|\bnot\b|\bif\b|option A|# .*|THE|"[^"]*"|`[^`]*`/g;
    expect(makePass("telegraphic", text).match(decisive)).toEqual(text.match(decisive));
  });

  it.each(["Schreibe an den Kunden: das ist an der Zeit.", "Pour le client, écris a été la réponse."])(
    "leaves the other language of %j",
    (text) => expect(makePass("telegraphic", text)).toBe(text),
  );
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
      `\`\`\`ts\n{\n"a": ${"1".repeat(50)}\n}\n\`\`\``,
      `{\n  "a": 1, // the first of ${"1".repeat(50)}\n  "b": 2\n}`,
      '{"not": JSON, "but": "it looks as if it were some"}',
      "{\n  unclosed: [1,\n 2, 3, 4, 5, 6, 7, 8, 9, 10",
    ]) {
      expect(makePass("compact_json", kept)).toBe(kept);
    }
    expect(makePass("compact_json", '```json\n{\n  "first key": [1, 2],\n  "second key": {{ x }}\n}\n```')).toBe(
      '```json\n{"first key":[1,2],"second key":{{ x }}}\n```',
    );
    expect(makePass("compact_json", 'So: {"name": "a, b: c", "list": [1, 2], "of": {{ n }}}!')).toBe(
      'So: {"name":"a, b: c","list":[1,2],"of":{{ n }}}!',
    );
  });
});

describe("the passes", () => {
  it("leave a text alone that has private characters of its own", () => {
    expect(shorten("Please \uE000")).toEqual({ text: "Please \uE000", passes: [] });
  });

  it("give every span back as it was", () => {
    const text = 'a {{ x }} "b" `c` <d>e</d>\n```\nf\n```';
    const held = protectText(text, "prose");
    expect(held?.restore(held.text)).toBe(text);
    expect(held?.text.replaceAll(/[\uE000-\uF8FF]/g, "_")).toBe("a _ _ _ _\n_");
  });

  it("render to the same words but for what they dropped", () => {
    const text = "{% for x in xs %}\n-   {{ x }}  \n{% endfor %}\n\n\n\nPlease sort them.";
    const render = (of: string) => renderTemplate(parseTemplate(of, "t"), { xs: ["a  b", "c"] });
    expect(render(shorten(text).text)).toContain("- a  b");
    expect(render(shorten(text).text).trim().split(/\s+/)).toEqual(
      render(text).trim().replace("Please sort", "Sort").split(/\s+/),
    );
  });
});
