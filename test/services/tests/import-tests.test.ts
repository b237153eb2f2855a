import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { testCaseSchema } from "../../../src/domain/tests/test-case.ts";
import { importForeignTests } from "../../../src/services/tests/import-tests.ts";

const example = (name: string) => readFileSync(`examples/tests/${name}`, "utf8");
const told = ({ left_out }: ReturnType<typeof importForeignTests>) =>
  left_out.map(({ path, reason }) => `${path}: ${reason}`);
/** The assertions of one test of promptfoo, and what is told of it. */
function promptfoo(assert: object[], vars: object = { a: "x" }) {
  const imported = importForeignTests(JSON.stringify({ providers: [], tests: [{ vars, assert }] }), "json");
  return { assertions: imported.tests[0]?.assertions, told: told(imported) };
}

describe("a configuration of promptfoo", () => {
  it("becomes cases with the assertions of all tests first, and tells what it left out", () => {
    const imported = importForeignTests(example("promptfooconfig.yaml"), "yaml");
    const all = [
      { type: "contains", value: "sorry", not: true },
      { type: "max_latency_ms", value: 5_000 },
    ];
    const ofLanguage = (target_language: string, of: number) => ({
      name: `greeting (${of})`,
      variables: { text: "good morning", target_language, expected: "bonjour" },
      weight: 1,
      assertions: [
        ...all,
        { type: "embedding_similarity", value: "bonjour", threshold: 0.7, model: "openai/text-embedding-3-large" },
        { type: "llm_rubric", value: `is a translation into ${target_language}`, weight: 2 },
      ],
    });
    expect(imported).toMatchObject({
      format: "promptfoo",
      prompts: [{ name: "prompt-1", template: "Translate into {{ target_language }}: {{ text }}" }],
      models: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"],
      repeat: 3,
      tests: [ofLanguage("French", 1), ofLanguage("Italian", 2)],
    });
    expect(told(imported)).toEqual([
      "description: a run has none",
      "providers.1.config: settings of a model belong into the prompt's `settings`",
      "providers.2: is no model of OpenAI or Anthropic: name one of an upstream yourself, as `upstream/model`",
      "prompts.1: files and functions are not read: put the text itself there",
      "tests.0.assert.2: javascript: code of yours is not run here: say it with other assertions",
      "tests.1.vars: the file of text is not read; the whole test is left out",
    ]);
  });

  it.each([
    [
      { type: "icontains", value: "A" },
      { type: "contains", value: "A", ignore_case: true },
    ],
    [
      { type: "contains-any", value: "a, b" },
      { type: "contains_any", value: ["a", "b"] },
    ],
    [
      { type: "not-icontains-all", value: ["a"] },
      { type: "contains_all", value: ["a"], ignore_case: true, not: true },
    ],
    [
      { type: "equals", value: "{{a}}!" },
      { type: "equals", value: "x!" },
    ],
    [{ type: "is-json" }, { type: "is_json" }],
    [
      { type: "is-json", value: { type: "object" } },
      { type: "json_schema", value: { type: "object" } },
    ],
    [
      { type: "cost", threshold: 0.01 },
      { type: "max_cost_usd", value: 0.01 },
    ],
    [{ type: "not-is-refusal" }, { type: "refusal", not: true }],
    [
      { type: "g-eval", value: "is kind" },
      { type: "llm_rubric", value: "is kind", threshold: 0.7 },
    ],
    [
      { type: "assert-set", assert: [{ type: "regex", value: "a+" }] },
      { type: "regex", value: "a+" },
    ],
  ])("has %j taken over as %j", (assert, expected) => {
    expect(promptfoo([assert])).toEqual({ assertions: [expected], told: [] });
  });

  it.each([
    [{ type: "python", value: "x" }, "tests.0.assert.0: python: code of yours"],
    [{ type: "regex", value: "(?=a)b" }, "tests.0.assert.0: value must be a pattern without backtracking"],
    [{ type: "contains", value: "file://a.txt" }, "tests.0.assert.0: contains: files are not read"],
    [{ type: "equals", value: "{{ other }}" }, "tests.0.assert.0: equals: the value is too long, or a template"],
    [{ type: "equals", value: "{% if a %}{% endif %}" }, "tests.0.assert.0: equals: the value is too long"],
    [{ type: "equals", value: "a", transform: "output" }, "tests.0.assert.0: equals: transform has no counterpart"],
    [{ type: "levenshtein", value: "a" }, "tests.0.assert.0: levenshtein: another measure"],
    [{ type: "toString" }, "tests.0.assert.0: toString: has no counterpart"],
    [{ type: "assert-set", threshold: 0.5, assert: [] }, "tests.0.assert.0: assert-set: has no counterpart"],
    [{ type: "cost" }, "tests.0.assert.0: value Invalid input"],
  ])("tells that %j is left out: %s", (assert, reason) => {
    const found = promptfoo([assert]);
    expect(found.assertions).toEqual([]);
    expect(found.told).toEqual([expect.stringContaining(reason)]);
  });

  it("cannot multiply what it is made of", () => {
    const assert = Array.from({ length: 3_000 }, () => ({ type: "contains", value: "{{a}}{{a}}" }));
    const tests = Array.from({ length: 300 }, () => ({}));
    const vars = { a: "x".repeat(100_000), b: [1, 2] };
    const imported = importForeignTests(
      JSON.stringify({ providers: [], defaultTest: { vars, assert }, tests }),
      "json",
    );
    expect(JSON.stringify(imported).length).toBeLessThan(2_000_000);
    expect(imported.left_out.length).toBeLessThanOrEqual(501);
    const many = { a: Array.from({ length: 15 }, (_, at) => at), b: Array.from({ length: 15 }, (_, at) => at) };
    expect(promptfoo([], many)).toEqual({
      assertions: undefined,
      told: ["tests.0.vars: there are more than 200 combinations of values; the whole test is left out"],
    });
  });
});

describe("an eval of OpenAI", () => {
  it("becomes a case for each item, with its graders as assertions", () => {
    const imported = importForeignTests(example("openai-eval.json"), "json");
    const [first, second] = imported.tests;
    expect(first).toEqual({
      name: "item 1",
      variables: { product: "CRM", body: "money back", team: "billing" },
      weight: 1,
      assertions: [
        { type: "contains", value: "billing", ignore_case: true },
        { type: "edit_similarity", value: "billing", threshold: 0.8 },
        { type: "llm_rubric", value: expect.stringMatching(/about CRM polite\? \(the answer\)[^]*"polite","rude"/) },
        { type: "llm_rubric", value: expect.stringContaining("from 1 to 5"), threshold: 0.75 },
      ],
    });
    expect(second?.assertions.map(({ type }) => type)).toEqual(["llm_rubric", "llm_rubric"]);
    expect(told(imported)).toEqual([
      "testing_criteria.4: python (length): code of yours is not run here: say it with other assertions",
      "items.1: testing_criteria.0: the reference is a template of more than the item's fields",
      "items.1: testing_criteria.1: the reference is a template of more than the item's fields",
    ]);
  });

  it("has the prompt, the model and the items of its run", () => {
    const run = {
      testing_criteria: [
        { type: "string_check", input: "{{item.x}}", reference: "a", operation: "eq" },
        { type: "text_similarity", input: "{{sample.output_text}}", reference: "a", evaluation_metric: "bleu" },
      ],
      data_source: {
        type: "completions",
        model: "gpt-4o",
        source: { type: "file_content", content: [{ item: { x: "1" } }] },
        input_messages: { type: "template", template: [{ role: "user", content: "Say {{ item.x }}" }] },
      },
    };
    const imported = importForeignTests(JSON.stringify(run), "json");
    expect(imported).toMatchObject({
      prompts: [{ name: "prompt-1", messages: [{ role: "user", content: "Say {{ x }}" }] }],
      models: ["openai/gpt-4o"],
      tests: [{ name: "item 1", variables: { x: "1" }, assertions: [] }],
    });
    expect(told(imported)).toEqual([
      "testing_criteria.0.input: only the answer, {{ sample.output_text }}, can be compared",
      "testing_criteria.1.evaluation_metric: is another measure than edit_similarity and token_overlap",
    ]);
    expect(told(importForeignTests('{"testing_criteria": []}', "json"))).toEqual([
      "items: the items are not in the file: put its lines of JSONL there as a list",
    ]);
  });
});

describe("imported tests", () => {
  it("tell each assertion that they lost, whichever case it was of", () => {
    const evaluated = {
      testing_criteria: [
        { type: "string_check", input: "{{sample.output_text}}", reference: "{{item.x}}", operation: "like" },
      ],
      items: [{ x: "a" }, { x: "" }, { x: "" }],
    };
    const ofEval = importForeignTests(JSON.stringify(evaluated), "json");
    expect(ofEval.tests.map(({ assertions }) => assertions.length)).toEqual([1, 0, 0]);
    expect(told(ofEval)).toEqual([
      expect.stringMatching(/^items\.1: testing_criteria\.0: value /),
      expect.stringMatching(/^items\.2: testing_criteria\.0: value /),
    ]);
    const foo = {
      providers: [],
      defaultTest: { assert: [{ type: "contains", value: "{{x}}" }] },
      tests: [{ vars: { x: ["a", ""] } }, { vars: { x: "b" } }, { vars: {} }],
    };
    const ofFoo = importForeignTests(JSON.stringify(foo), "json");
    expect(ofFoo.tests.map(({ assertions }) => assertions.length)).toEqual([1, 0, 1, 0]);
    expect(told(ofFoo)).toEqual([
      expect.stringMatching(/^tests\.0: defaultTest\.assert\.0: value /),
      expect.stringMatching(/^tests\.2: defaultTest\.assert\.0: contains: /),
    ]);
  });

  it("are cases that a run takes", () => {
    for (const [name, format] of [
      ["promptfooconfig.yaml", "yaml"],
      ["openai-eval.json", "json"],
    ] as const) {
      const { tests } = importForeignTests(example(name), format);
      expect(tests.map((each) => testCaseSchema.parse(each))).toEqual(tests);
    }
    expect(() => importForeignTests("{}", "json")).toThrow(/neither a configuration of promptfoo nor an eval/);
  });
});
