import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textsOf } from "../../../src/domain/optimizations/prompt-texts.ts";
import { namesIn } from "../../../src/domain/optimizations/reflection.ts";
import { LEVELS, makePass, shortenMessages } from "../../../src/domain/optimizations/shorten-text.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { tokenizeTemplate } from "../../../src/domain/template/lexer.ts";
import { parseTemplate } from "../../../src/domain/template/parse-template.ts";
import { renderTemplate } from "../../../src/domain/template/render-template.ts";
import { LIFELIKE_PROMPTS } from "../../../load/proofs/optimize/lifelike-prompts.ts";

const SEED = 20;
const RUNS = 150;
const WORDS =
  "please,in order to,do not,the,a,is,are,very,answer,document,you should,make sure to,(e.g. a list),that are,**bold**,*soft*,, however,The end.,It is important to note that,You are a,if,only,never,5,must,your,This helps all of them.".split(
    ",",
  );

/** A piece that every level must leave as it is, told apart by its number. */
const kept = [
  (n: number) => `Say "the ${n} please, is  the" now.`,
  (n: number) => `Write \`the  please ${n}\` here.`,
  (n: number) => `\`\`\`py\nthe =  please(${n})\n\n\n\nis = "a"\n\`\`\``,
  (n: number) => `See https://example.com/the/please?is=${n}&a=the now.`,
  (n: number) => `Schreibe bitte an den Kunden ${n}, das ist die Antwort der Firma.`,
  (n: number) => `<email>\nPlease, the ${n} is  in order to.\n</email>`,
  (n: number) => `{% raw %}please {{ the }} is ${n}{% endraw %}`,
];
const verbatim = [
  /"the.*the"/,
  /`the.*`/,
  /```[\s\S]*?```/,
  /https:\S*/,
  /Schreibe.*/,
  /<email>[\s\S]*?<\/email>/,
  /\{% raw.*/,
];

const prose = fc
  .array(
    fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom("{{ x }}", "{{ the }}", "{{ y|upper }}", "\n", "  ", "- ")),
    {
      minLength: 2,
      maxLength: 15,
    },
  )
  .map((words) => words.join(" "));
const piece = fc.oneof(
  { weight: 4, arbitrary: prose.map((text) => () => text) },
  { weight: 2, arbitrary: fc.constantFrom(...kept) },
  { weight: 1, arbitrary: prose.map((text) => () => `{% if x %}\n${text}\n{% else %}the {{ y }}{% endif %}`) },
  { weight: 1, arbitrary: prose.map((text) => () => `{% for i in [1, 2] -%}\n - ${text} {{ i }}\n{% endfor %}`) },
  { weight: 1, arbitrary: fc.constant((n: number) => `{\n  "the key": "please,  is: a",\n  "n": [\n    ${n}\n  ]\n}`) },
  { weight: 1, arbitrary: fc.constant((n: number) => `Example ${n}\nIn: the ${n}\n\n`) },
);
const template = fc
  .array(piece, { minLength: 1, maxLength: 8 })
  .map((pieces) => pieces.map((make, at) => make(at + 1)).join("\n"));

const render = (text: string): string =>
  renderTemplate(parseTemplate(text, "t"), { x: "please the  x", the: "is a", y: "in order to" });
const shorten = (text: string, level: (typeof LEVELS)[number]): string =>
  textsOf(shortenMessages([{ role: "user", content: text }], { level }).messages)[0] ?? "";
/** The tags of a template, with what is in them. */
const tagsIn = (text: string) =>
  tokenizeTemplate({ text, path: "" }).flatMap(({ kind, value }) => (kind === "text" || kind === "end" ? [] : [value]));
const isSubsequence = (parts: readonly string[], of: readonly string[]): boolean => {
  let at = 0;
  for (const each of of) if (each === parts[at]) at += 1;
  return at === parts.length;
};
const charactersOf = (text: string) => Array.from(text.toLowerCase().replaceAll(/\s/g, ""));
const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

describe.each(LEVELS)("the passes of the level %s", (level) => {
  it("keep every tag, variable, quotation, address, fence and other language, and do nothing a second time", () => {
    fc.assert(
      fc.property(template, (text) => {
        const shorter = shorten(text, level);
        expect(tagsIn(shorter)).toEqual(tagsIn(text));
        expect(namesIn([shorter])).toEqual(namesIn([text]));
        for (const pattern of verbatim) {
          const own = text.match(new RegExp(pattern, "g")) ?? [];
          for (const each of own) expect(shorter).toContain(each);
        }
        expect(shorten(shorter, level)).toBe(shorter);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it.each(LIFELIKE_PROMPTS.map(({ name, yaml }) => [name, yaml]))(
    "keep the tags and variables of %s, and do nothing a second time",
    (name, yaml) => {
      const { messages } = importPrompt(yaml, "yaml", name).definition;
      const { messages: shorter } = shortenMessages(messages, { level });
      expect(textsOf(shorter).flatMap(tagsIn)).toEqual(textsOf(messages).flatMap(tagsIn));
      expect(namesIn(textsOf(shorter))).toEqual(namesIn(textsOf(messages)));
      expect(shortenMessages(shorter, { level })).toEqual({ messages: shorter, passes: [] });
    },
  );
});

describe("what a template renders to", () => {
  it("loses white space and repetitions only by the safe passes", () => {
    fc.assert(
      fc.property(template, (text) => {
        expect(isSubsequence(charactersOf(render(shorten(text, "safe"))), charactersOf(render(text)))).toBe(true);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it.each(["decoration", "similar_sentences", "telegraphic"] as const)("loses words and gains none by %s", (pass) => {
    fc.assert(
      fc.property(template, (text) => {
        const shorter = wordsOf(render(makePass(pass, text))).filter((word) => word !== "role");
        expect(isSubsequence(shorter, wordsOf(render(text)))).toBe(true);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
