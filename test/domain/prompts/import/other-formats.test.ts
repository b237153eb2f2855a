import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import type { ImportedPrompt } from "../../../../src/domain/prompts/prompt.ts";
import { renderTemplate } from "../../../../src/domain/template/render-template.ts";
import { parseTemplate } from "../../../../src/domain/template/parse-template.ts";
import { faultsOf } from "../../template/support.ts";

const read = (source: string): ImportedPrompt => importPrompt(source, "yaml", "p");
const faults = (source: string): string[] =>
  faultsOf(() => read(source)).map(({ path, message }) => `${path}: ${message}`);
const SCHEMA = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

describe("a file of GitHub Models", () => {
  const file = (more: string) => `messages: [{role: user, content: '{{input}}'}]\nmodel: openai/gpt-4o-mini\n${more}`;

  it("gives its parameters as settings", () => {
    const { definition, warnings } = read(file("modelParameters: {maxTokens: 10, topP: 0.5, maxThinking: 1}"));
    expect(definition.settings).toEqual({ max_tokens: 10, top_p: 0.5 });
    expect(warnings[0]).toBe(
      "settings.max_thinking is not a known setting; it was kept in the metadata and has no effect.",
    );
  });

  it.each([
    ["with a wrapper", `jsonSchema: '${JSON.stringify({ name: "a", strict: true, schema: SCHEMA })}'`],
    ["as it is", `jsonSchema: ${JSON.stringify(SCHEMA)}`],
  ])("gives its schema %s as the output_schema", (_how, schema) => {
    expect(read(file(`responseFormat: json_schema\n${schema}`)).definition.output_schema).toEqual(SCHEMA);
  });

  it("gives its data as tests, with the texts that evaluators look for", () => {
    const { definition, warnings } = read(
      file(
        "testData: [{input: x, expected: y}]\nevaluators: [{name: a, string: {contains: z}}, {name: b, uses: github/similarity}]",
      ),
    );
    expect(definition.tests).toEqual([
      { name: "testData 1", inputs: { input: "x" }, expected: "y", expected_contains: ["z"] },
    ]);
    expect(definition.metadata).toEqual({ evaluators: [{ name: "b", uses: "github/similarity" }] });
    expect(warnings.slice(0, 2)).toEqual([
      "evaluators.0 was read as expected_contains of every test.",
      "evaluators.1 has no counterpart; it was kept in the metadata and has no effect.",
    ]);
  });

  it.each([
    ["startsWith: 'A.'", { type: "starts_with", value: "A." }],
    ["endsWith: 'z.'", { type: "regex", value: "z\\.$" }],
    ["equals: q", { type: "equals", value: "q" }],
  ])("gives the evaluator {%s} as an assertion of every test", (check, assertion) => {
    const { definition } = read(file(`testData: [{input: x}]\nevaluators: [{name: a, string: {${check}}}]`));
    expect(definition.tests).toEqual([{ name: "testData 1", inputs: { input: "x" }, assertions: [assertion] }]);
  });

  it.each([
    ["responseFormat: xml", 'responseFormat: must be text, json_object or json_schema, not "xml"'],
    ["responseFormat: json_schema", "jsonSchema: is missing: responseFormat is json_schema"],
    ["jsonSchema: 'no'", "jsonSchema: is a text that is not JSON"],
    ["testData: 3", "testData: must be a list"],
    ["modelParameters: {maxTokens: many}", "settings.max_tokens: Invalid input: expected number, received string"],
  ])("names the fault of %j", (more, fault) => {
    expect(faults(file(more))).toEqual([fault]);
  });
});

describe("a .prompty file", () => {
  const file = `---
name: Basic
authors: [me]
model:
  api: chat
  configuration: {type: azure_openai, azure_deployment: gpt-4o}
  parameters: {max_tokens: 30, temperature: 0.2}
inputs:
  question: {type: string, sample: why?}
  tone: {type: string, default: kind}
---
system:
Be {{tone}}.

user:
{{question}}
`;

  it("gives messages, model, settings, variables and a test", () => {
    const { definition, warnings } = read(file);
    expect(definition).toEqual({
      messages: [
        { role: "system", content: "Be {{tone}}." },
        { role: "user", content: "{{question}}" },
      ],
      models: ["gpt-4o"],
      variables: {
        question: { type: "string", required: true },
        tone: { type: "string", required: false, default: "kind" },
      },
      settings: { max_tokens: 30, temperature: 0.2 },
      tags: [],
      tests: [{ name: "sample", inputs: { question: "why?" } }],
      metadata: { authors: ["me"] },
    });
    expect(warnings).toEqual([
      "model.configuration has no effect: keys and hosts of providers belong to the tenant.",
      'name is "Basic"; the prompt is stored as "p".',
    ]);
  });

  it("takes a text before the first role for the system's, and no model from the environment", () => {
    const { definition, warnings } = read(
      "---\nmodel: {configuration: {azure_deployment: '${env:X}'}}\n---\nBe kind.\n# user:\nHi",
    );
    expect(definition.messages).toMatchObject([{ role: "system" }, { role: "user" }]);
    expect(definition.models).toEqual([]);
    expect(warnings[0]).toBe("model is read from the environment there; name one here.");
  });

  it("is refused where its template is of another language", () => {
    expect(faults("---\ntemplate: mustache\n---\nuser:\nHi")).toContain(
      'template: must be jinja2 in a .prompty file, not "mustache"',
    );
  });
});

describe("a dotprompt file", () => {
  const front = "model: gpt-4o\nconfig: {temperature: 0.4, maxOutputTokens: 200, stopSequences: [END]}";
  const file = (body: string, more = "") => `---\n${front}\n${more}\n---\n${body}`;
  const rendered = (body: string, variables: Record<string, unknown>) =>
    read(file(body)).definition.messages.map((message) => {
      if (typeof message.placeholder === "string" || typeof message.content !== "string") return "no text";
      return `${message.role}: ${renderTemplate(parseTemplate(message.content), variables)}`;
    });

  it("gives settings, variables and the output_schema", () => {
    const { definition } = read(
      file(
        "{{name}}{{tone}}{{#each items}}{{title}}{{/each}}",
        "input: {schema: {name: 'string, who', 'tone?(enum, how)': [kind, strict], 'items(array)': {title: string}}, default: {tone: kind}}\n" +
          "output: {format: json, schema: {a: string}}",
      ),
    );
    expect(definition.settings).toEqual({ temperature: 0.4, max_tokens: 200, stop: ["END"] });
    expect(definition.variables).toEqual({
      name: { type: "string", required: true, description: "who" },
      tone: { type: "string", required: false, default: "kind", description: "how", options: ["kind", "strict"] },
      items: { type: "list", required: true },
    });
    expect(definition.output_schema).toEqual(SCHEMA);
  });

  it.each([
    ['{{role "system"}}Be {{tone}}.{{role "model"}}Hi', ["system: Be kind.", "assistant: Hi"]],
    ["{{#if tone}}\n a\n{{else}}\n b\n{{/if}}\nc {{! note }}d", ["user:  a\nc d"]],
    ['{{#unless no}}x{{/unless}}{{#ifEquals tone "kind"}}y{{else}}z{{/ifEquals}}', ["user: xy"]],
    ["{{#if no}}a{{else if tone}}b{{else}}c{{/if}}", ["user: b"]],
    [
      "{{#each users}}{{name}}/{{../tone}}/{{@index}}{{#unless @last}}, {{/unless}}{{/each}}",
      ["user: A/kind/0, B/kind/1"],
    ],
    ["{{#each users}}{{#each tags}}{{this}}{{../name}} {{/each}}{{else}}none{{/each}}", ["user: xA yA zB "]],
    [
      "{{users.[0].name}} {{json users.0.tags}} {{{tone}}} {% text %} \\{{raw}}",
      ['user: A ["x", "y"] kind {% text %} {{raw}}'],
    ],
    ["a {{~tone~}} b", ["user: akindb"]],
  ])("converts %j", (body, expected) => {
    const users = [
      { name: "A", tags: ["x", "y"] },
      { name: "B", tags: ["z"] },
    ];
    expect(rendered(body, { tone: "kind", no: false, users })).toEqual(expected);
  });

  it("gives media as parts of their message, and the history as a placeholder", () => {
    const body =
      '{{role "system"}}Be brief.{{history}}{{role "user"}}See {{media url=photo}} and {{media url="https://a.example/b.pdf" contentType="application/pdf"}}';
    const { definition } = read(file(body, "input: {schema: {photo: string}}"));
    expect(definition.messages).toEqual([
      { role: "system", content: "Be brief." },
      { placeholder: "history" },
      {
        role: "user",
        content: [
          { type: "text", text: "See " },
          { type: "image", image: "{{ photo }}" },
          { type: "text", text: " and " },
          { type: "file", file: { url: "https://a.example/b.pdf" } },
        ],
      },
    ]);
    expect(definition.variables["photo"]).toMatchObject({ type: "image", required: true });
  });

  it.each([
    ["a\n{{> header}}", "template: line 7: {{> header}} has no counterpart here"],
    ["{{#if a}}{{history}}{{/if}}", "template: line 6: {{history}} cannot stand inside a block"],
    ["{{#if a}}{{media url=photo}}{{/if}}", "template: line 6: {{media}} cannot stand inside a block"],
    ["{{media}}", "template: line 6: {{media}} needs a url: {{media url=photo}}"],
    ["{{#with a}}{{b}}{{/with}}", "template: line 6: {{#with a}} has no counterpart here"],
    ["{{#if a}}\n{{/each}}", "template: line 7: {{/each}} closes {{#if}} of line 6"],
    ["{{#if a}}x", "template: line 6: {{#if}} is never closed"],
    ['{{#if a}}{{role "user"}}{{/if}}', "template: line 6: {{role}} cannot stand inside a block"],
    ["{{@auth.email}}{{#if x}}{{/if}}", "template: line 6: @auth.email has no counterpart here"],
  ])("names the line of what %j has no counterpart for", (body, fault) => {
    expect(faults(file(body))).toContain(fault);
  });

  it("names the fault of a schema that is only a name", () => {
    expect(faults(file("Hi {{#if a}}{{/if}}", "input: {schema: User}"))).toContain(
      "input.schema: must be a mapping of fields; the name of a schema says nothing here",
    );
  });
});

describe("files made at random", () => {
  const piece = fc.constantFrom(
    ..."{{ }} {{{ }}} {{# {{/ if each else role history ../ this .name @index @last | ~ \\ \" ' ( ) - : [ ] system: user: {% %}".split(
      " ",
    ),
    "\n",
    " ",
    "\u{1F600}",
  );
  const front = fc.constantFrom(
    "a: 1",
    "input: {schema: {a: string, 'b?(array)': {c: integer}}}",
    "input: {schema: [1]}",
    "output: {schema: {a(enum): [1]}}",
    "model: {parameters: {max_tokens: 1}}",
    "inputs: [{name: a}, 3]",
    "modelParameters: {a: {b: 1}}\ntestData: [{}]\nevaluators: [1]",
    "<<: 1",
  );

  it("are imported, or refused with the author's fault", () => {
    const property = fc.property(front, fc.array(piece, { maxLength: 40 }), (yaml, pieces) => {
      try {
        read(`---\n${yaml}\n---\n${pieces.join("")}`);
      } catch (error) {
        return error instanceof AppError && error.status < 500;
      }
      return true;
    });
    expect(fc.check(property, { seed: 20_261_126, numRuns: 3_000 }).counterexample).toBeNull();
  });

  it("of many open tags take linear time: the faults are bounded", () => {
    const found = faults(`---\nconfig: {}\n---\n${"{{> a}} {{else}}\n".repeat(10_000)}`);
    expect(found.filter((fault) => fault.startsWith("template: line"))).toHaveLength(20);
  });
});
