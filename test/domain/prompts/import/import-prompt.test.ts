import { describe, expect, it } from "vitest";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import type { ImportedPrompt } from "../../../../src/domain/prompts/prompt.ts";
import { faultsOf } from "../../template/support.ts";

const read = (source: string): ImportedPrompt => importPrompt(source, "yaml", "p");
const faults = (source: string): string[] =>
  faultsOf(() => read(source)).map(({ path, message }) => `${path}: ${message}`);
const BASE = "model: gpt-4o\ntemplate: Hello\n";

describe("importing a prompt", () => {
  it("gives the smallest prompt its normal shape", () => {
    expect(read("template: Hi {{ name }}\nvariables: [name]\nmodel: gpt-4o-mini")).toEqual({
      definition: {
        messages: [{ role: "user", content: "Hi {{ name }}" }],
        models: ["gpt-4o-mini"],
        variables: { name: { type: "string", required: true } },
        settings: {},
        tags: [],
        tests: [],
        metadata: {},
      },
      warnings: [],
    });
  });

  it("reads JSON as it reads YAML", () => {
    const json = importPrompt('{"template": "Hi", "models": ["a", "b", "a"], "version": "1.0"}', "json", "p");
    expect(json.definition).toMatchObject({ models: ["a", "b"], source_version: "1.0" });
  });

  it("takes an empty model for none", () => {
    const { definition, warnings } = read("template: Hi\nmodel: ''");
    expect(definition.models).toEqual([]);
    expect(warnings).toEqual(["No model is named; the deployment's default model is used."]);
  });

  it("keeps a version as written", () => {
    expect(read(`${BASE}version: 1.0`).definition.source_version).toBe("1.0");
    expect(read(`${BASE}version: 1.2.0`).definition.source_version).toBe("1.2.0");
  });

  it("prefers the name of the path, with a warning", () => {
    expect(read(`${BASE}name: " p "`).warnings).toEqual([]);
    expect(read(`${BASE}name: other`).warnings).toEqual(['name is "other"; the prompt is stored as "p".']);
  });

  it("warns if no model is named", () => {
    const { definition, warnings } = read("template: Hi");
    expect(definition.models).toEqual([]);
    expect(warnings).toEqual(["No model is named; the deployment's default model is used."]);
  });

  it("reads messages, and the roles of other tools", () => {
    const { definition, warnings } = read(
      "model: gpt-4o\nmessages: [{role: developer, content: a}, {role: user, content: b}]",
    );
    expect(definition.messages).toEqual([
      { role: "developer", content: "a" },
      { role: "user", content: "b" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("reads roles without case, keeps text parts, and warns about other keys of a message", () => {
    const { definition, warnings } = read(
      "model: gpt-4o\nmessages: [{role: System, content: [{type: text, text: a}, {type: text, text: b}], cache: 1}]",
    );
    const texts = ["a", "b"].map((text) => ({ type: "text", text }));
    expect(definition.messages).toEqual([{ role: "system", content: texts }]);
    expect(warnings).toEqual([
      'messages.0.role "System" was read as "system".',
      "messages.0.cache is not known and has no effect.",
    ]);
  });

  it("warns about single braces, and about numbers in double ones", () => {
    const { warnings } = read("model: gpt-4o\ntemplate: 'Hi {name}{% if true %} {x} {\"a\": 1}{% endif %} {{1}}'");
    expect(warnings).toEqual([
      "template has {name}, {x} in single braces: that is sent as it is, a variable is {{ name }}.",
      "template has {{ 1 }}, which prints the number: the name of a variable begins with a letter.",
    ]);
  });

  it("reads tests and test_cases", () => {
    const { definition, warnings } = read(`${BASE}tests: [{name: a, inputs: {}}]\ntest_cases: [{name: b, inputs: {}}]`);
    expect(definition.tests.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(warnings).toEqual(["test_cases stands beside tests; both were read."]);
  });

  it("knows the complexity medium", () => {
    expect(read(`${BASE}complexity: medium`).warnings).toEqual([]);
  });

  it("warns about what a model refuses", () => {
    expect(read("template: Hi\nmodel: gpt-5\nsettings: {stop: [END]}").warnings).toEqual([
      'settings.stop is not sent to "gpt-5", which refuses it.',
    ]);
    const prefill = (model: string) =>
      read(`model: ${model}\nmessages: [{role: user, content: a}, {role: assistant, content: b}]`).warnings;
    expect(prefill("claude-sonnet-5")).toEqual([
      '"claude-sonnet-5" refuses a prompt whose last message is the assistant\'s.',
    ]);
    expect(prefill("claude-haiku-4-5")).toEqual([]);
    expect(prefill("gpt-4o")).toEqual([]);
  });

  it("warns about keywords that JSON Schema does not know", () => {
    const schema = "{type: object, properties: {a: {type: string, nullable: true}}}";
    expect(read(`${BASE}output_schema: ${schema}`).warnings).toEqual([
      'output_schema.properties.a.nullable is not a keyword of JSON Schema and has no effect: add "null" to the type instead.',
    ]);
  });

  it("reads an output schema, also as JSON in a text", () => {
    expect(read(`${BASE}output_schema: {type: object}`).definition.output_schema).toEqual({ type: "object" });
    const written = read(`${BASE}output_schema: '{"type": "object"}'`);
    expect(written.definition.output_schema).toEqual({ type: "object" });
    expect(written.warnings).toEqual(["output_schema is a text; it was read as JSON."]);
  });

  it("merges the tags of both places", () => {
    expect(read(`${BASE}tags: [a, b]\nmetadata: {tags: [b, c], author: X}`).definition).toMatchObject({
      tags: ["a", "b", "c"],
      metadata: { author: "X" },
    });
  });

  it("reads the tests of every dialect", () => {
    const { tests } = read(
      `${BASE}tests: [{inputs: {a: 1}, expected: x}, {name: n, variables: {a: 2}, expected_output: y}, {input: {a: 3}, expected_contains: z, min_score: 0.5}]`,
    ).definition;
    expect(tests).toEqual([
      { name: "test 1", inputs: { a: 1 }, expected: "x" },
      { name: "n", inputs: { a: 2 }, expected: "y" },
      { name: "test 3", inputs: { a: 3 }, expected_contains: ["z"], min_score: 0.5 },
    ]);
  });

  it("keeps all other fields in the metadata, and warns about unknown ones", () => {
    const { definition, warnings } = read(
      `${BASE}author: X\nbadges: [b]\nexamples: [{input: a, output: b}]\nfrobnicate: {a: 1}`,
    );
    expect(definition.metadata).toEqual({
      author: "X",
      badges: ["b"],
      examples: [{ input: "a", output: "b" }],
      frobnicate: { a: 1 },
    });
    expect(warnings).toEqual(["frobnicate is not a known key; it was kept in the metadata and has no effect."]);
  });

  it("keeps a __proto__ key as data", () => {
    const { definition } = read(`${BASE}metadata: {__proto__: {admin: true}}`);
    expect(JSON.stringify(definition.metadata)).toBe('{"__proto__":{"admin":true}}');
    expect(definition.metadata["admin"]).toBeUndefined();
  });

  it.each([
    ["model: gpt-4o", "template: is missing: a prompt needs a template, or messages"],
    [`${BASE}messages: []`, "template: cannot stand beside messages: a prompt has one or the other"],
    ["template: ''", "template: must be a text that is not empty"],
    ["messages: []", "messages: must be a list with at least one message"],
    [
      "messages: [{role: robot, content: 1}]",
      'messages.0.role: must be system, developer, user, assistant or tool, not "robot"',
    ],
    ["messages: [{role: user, content: '{{ a'}]", "messages.0.content: line 1, column 1: {{ is never closed with }}"],
    [`${BASE}output_schema: [1]`, "output_schema: must be a JSON Schema: a mapping, or its JSON as a text"],
    [`${BASE}models: [1]`, "models: must be the name of a model, or a list of them"],
    [`${BASE}version: [1]`, "version: must be a text or a number"],
    [`${BASE}tests: [{inputs: {}, min_score: 80}]`, "tests.0.min_score: must be a number from 0 to 1"],
    [`${BASE}tests: [{inputs: {}, min_score: -0.1}]`, "tests.0.min_score: must be a number from 0 to 1"],
    [`${BASE}tests: [{inputs: 3}]`, "tests.0.inputs: must be a mapping of variables"],
    [
      `${BASE}tests: [{inputs: {}, quality_criteria: [${'"kind",'.repeat(21)}]}]`,
      "tests.0: has 21 assertions, at most 20 are allowed",
    ],
    [`${BASE}description: "a\\0b"`, "description: contains a NUL character"],
    [`${BASE}metadata: {a: ["\\ud800"]}`, "metadata.a.0: contains a lone surrogate"],
    [
      "messages: [{role: user, content: [{type: image, image: x}]}]",
      "messages.0.content.0.image: must be an https: or data: URL, {data, media_type} or {file_id}",
    ],
    [
      "messages: [{role: user, content: a}, {role: user, content: '{{ b'}]",
      "messages.1.content: line 1, column 1: {{ is never closed with }}",
    ],
    ["template: '{{ now() }}'", "template: calls now(), which is neither a function nor a macro of the template"],
    [
      "prompt_text: Hi",
      "template: is missing: a prompt needs a template, or messages; prompt_text is a key of deepset's Prompt Hub: rename it, or put it into messages",
    ],
    [
      "system_template: Hi",
      "template: is missing: a prompt needs a template, or messages; system_template is a key of SWE-agent: rename it, or put it into messages",
    ],
    [
      "template: default\ndirectories: {prompts: prompts}",
      "directories: belongs to a project file (pbt.yaml), which is no prompt: publish the files it lists",
    ],
  ])("names the fault of %j", (source, fault) => {
    expect(faults(source)).toContain(fault);
  });

  it("names every fault at once", () => {
    const source = "template: '{{ a'\nvariables: {x: {type: blob}, y: {min: a}}\nsettings: {temperature: 9}\ntests: 1";
    expect(faultsOf(() => read(source)).map(({ path }) => path)).toEqual([
      "variables.x.type",
      "variables.y.min",
      "settings.temperature",
      "template",
      "tests",
    ]);
  });

  it("warns about models and settings that will not be used as written", () => {
    const warnings = (yaml: string) => importPrompt(`template: Hello\n${yaml}`, "yaml", "p").warnings;
    expect(warnings("model: gpt-4o-mini\ntemperature: 1").join()).not.toContain("refuses");
    expect(warnings("model: claude").join()).toContain('"claude" is no longer offered');
    expect(warnings("model: llama-9").join()).toContain("belongs to no known provider");
    expect(warnings("model: llm/Llama-9").join()).toContain('needs an upstream of your own with the name "llm"');
    expect(warnings("model: o3\nsettings: {temperature: 1}").join()).toContain("settings.temperature is not sent");
  });

  it("refuses an output_schema that cannot be checked, and names the keyword", () => {
    const source =
      "model: gpt-4o\ntemplate: Hello\noutput_schema: {type: object, properties: {a: {$ref: 'https://x.test/s'}}}";
    expect(() => importPrompt(source, "yaml", "p")).toThrow(/output_schema/);
  });
});
