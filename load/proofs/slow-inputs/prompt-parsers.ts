import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { readSource } from "../../../src/domain/prompts/import/read-source.ts";
import { importForeignTests } from "../../../src/services/tests/import-tests.ts";
import { readTestLines, readTestYaml } from "../../../src/services/tests/read-test-file.ts";
import { type TextParser, lines, repeat } from "./pumped-texts.ts";

const YAML_TOKENS =
  "a|- |? |: |:\n|\n|\n  | |'|\"|[|]|{|}|,|&a |*a |!x |> |#| # |%|---\n|...\n|k: 1\n|- 1\n|\t|0|1.|\\|<<: *a\n|\r\n|@|~"
    .split("|")
    .concat("|");
/** Parts of a file that is well-formed YAML, mostly. */
const ENTRIES = ["a: 1\n", "- 1\n", "  - {role: user, content: a}\n", "name: a\n", "{", "x", ",", " "];

/** The parsers of prompt files, in every format. */
export const PROMPT_PARSERS: readonly TextParser[] = [
  {
    parser: "YAML",
    tokens: YAML_TOKENS,
    shapes: {
      aliases: (size) => `a: &a x\nb: [${repeat("*a, ", size)}]`,
      anchors: (size) => lines(size / 8, (at) => `- &a${at} x`),
      keys: (size) => lines(size / 8, (at) => `k${at}: 1`),
      "keys in braces": (size) => `{${lines(size / 8, (at) => `k${at}: 1,`)}}`,
      "lists one deeper each": (size) => lines(Math.sqrt(size), (at) => `${" ".repeat(at)}a:`),
      merges: (size) => `x: &x {a: 1}\ny: {<<: [${repeat("*x, ", size)}]}`,
      tags: (size) => lines(size / 16, (at) => `%TAG !a${at}! tag:x:`) + "\n---\na: 1",
    },
    work: (text) => readSource(text, "yaml"),
  },
  {
    parser: "front matter",
    tokens: ["---", "\n", "\r\n", " ", "\t", "a", "---\n", "\n---", "\n---\n"],
    around: ["---\na: 1\n", ""],
    work: (text) => readSource(text, "yaml"),
  },
  {
    parser: "prompt file",
    tokens: ENTRIES,
    around: ["model: gpt-4o\ntemplate: hi\n", ""],
    shapes: {
      variables: (size) => `variables:\n${lines(size / 32, (at) => `  v${at}: {type: string}`)}`,
      tags: (size) => `tags:\n${lines(size / 8, (at) => `  - t${at}`)}`,
      models: (size) => `models:\n${lines(size / 8, (at) => `  - t${at}`)}`,
      tests: (size) => `tests:\n${lines(size / 32, (at) => `  - {name: t${at}, variables: {}}`)}`,
      options: (size) => `variables: {x: {type: string, options: [${lines(size / 8, (at) => `o${at},`)}]}}`,
      "tests of options": (size) =>
        `variables: {x: {type: string, options: [${lines(size / 16, (at) => `o${at},`)}]}}\ntests:\n${lines(size / 32, () => "  - {variables: {x: a}}")}`,
      metadata: (size) => `metadata:\n${lines(size / 8, (at) => `  m${at}: 1`)}`,
      settings: (size) => `settings:\n${lines(size / 8, (at) => `  m${at}: 1`)}`,
      "unknown keys": (size) => lines(size / 8, (at) => `m${at}: 1`),
      enum: (size) => `output_schema: {type: object, properties: {a: {enum: [${lines(size / 8, (at) => `o${at},`)}]}}}`,
      required: (size) =>
        `output_schema: {type: object, required: [${lines(size / 8, (at) => `o${at},`)}], properties: {${lines(size / 8, (at) => `o${at}: {},`)}}}`,
      examples: (size) => `examples:\n${lines(size / 8, (at) => `  - ${at}`)}`,
    },
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "messages of a prompt file",
    tokens: ENTRIES,
    around: ["model: gpt-4o\nmessages:\n", ""],
    shapes: { messages: (size) => lines(size / 32, (at) => `  - {role: user, content: "a${at} {{ v${at} }}"}`) },
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "file of tests",
    tokens: ENTRIES,
    around: ["tests:\n", ""],
    shapes: {
      "faulty tests": (size) => lines(size / 16, (at) => `  - {input: ${at}, x: 1}`),
      tests: (size) => lines(size / 32, (at) => `  - {name: t${at}, input: {a: 1}}`),
    },
    work: (text) => readTestYaml("p", text),
  },
  {
    parser: "lines of tests",
    tokens: ['{"name": "a"}', "{}", "\n", '{"input": 1}', "x", " "],
    shapes: { "faulty tests": (size) => repeat('{"input": 1}\n', size / 16) },
    work: (text) => readTestLines("p", text),
  },
  {
    parser: "configuration of promptfoo",
    tokens: ENTRIES,
    around: ["providers: []\n", ""],
    shapes: {
      asserts: (size) =>
        `defaultTest:\n  assert:\n${lines(size / 64, () => "    - {type: equals, value: '{{a}}'}")}\ntests: [{}]`,
      tests: (size) => `tests:\n${lines(size / 32, (at) => `  - {vars: {a: ${at}}}`)}`,
      variables: (size) => `tests:\n  - vars:\n${lines(size / 16, (at) => `      v${at}: [1]`)}`,
    },
    work: (text) => importForeignTests(text, "yaml"),
  },
  {
    parser: "eval of OpenAI",
    tokens: ENTRIES,
    around: [
      "testing_criteria: [{type: string_check, input: '{{sample.output_text}}', reference: a, operation: eq}]\n",
      "",
    ],
    shapes: { items: (size) => `items:\n${lines(size / 16, (at) => `  - {item: {a: ${at}}}`)}` },
    work: (text) => importForeignTests(text, "yaml"),
  },
  {
    parser: "prompty",
    tokens: ["system:", "user:", "\n", "# ", "a", " ", ":", "{{x}}", "![a](b)", "assistant:\n", "user[", "]", "\t"],
    around: ["---\nname: p\nmodel: {api: chat, configuration: {type: openai, name: gpt-4o}}\n---\n", ""],
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "dotprompt",
    tokens: [
      "{{",
      "}}",
      "{{#if x}}",
      "{{/if}}",
      "{{else}}",
      "{{#each x}}",
      "{{/each}}",
      "this.",
      "../",
      "@root.",
      '"',
      "'",
      " ",
      "x",
      "=",
      "{{x}}",
      '{{role "user"}}',
      "{{history}}",
      "\n",
      "{{!",
      "{{!--",
      "--}}",
      ".[",
      "]",
      "/",
      "@",
      "\\",
    ],
    around: ["---\nmodel: openai/gpt-4o\ninput: {schema: {x: string}}\n---\n", ""],
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "dotprompt tag",
    tokens: ["this.", "this/", "../", "@root.", "x", ".", "/", ".[", "]", "@", "'", '"', " ", "=", "1", "-", "!"],
    around: ["---\nmodel: openai/gpt-4o\n---\n{{", "}}"],
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "picoschema",
    tokens: ["a", ",", " ", "(", ")", "?", "*", "array", "enum"],
    around: ['---\nmodel: openai/gpt-4o\ninput:\n  schema:\n    "x', '": "string, d"\n---\nhi'],
    work: (text) => importPrompt(text, "yaml", "p"),
  },
  {
    parser: "picoschema type",
    tokens: ["a", ",", " ", "(", ")", "?", "*", "array", "enum"],
    around: ['---\nmodel: openai/gpt-4o\ninput:\n  schema:\n    x: "', '"\n---\nhi'],
    work: (text) => importPrompt(text, "yaml", "p"),
  },
];
