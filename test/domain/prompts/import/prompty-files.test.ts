import { describe, expect, it } from "vitest";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import { faultsOf } from "../../template/support.ts";

const read = (source: string) => importPrompt(source, "yaml", "p");
const fileOf = (front: string, body: string) => `---\nname: p\nmodel: {id: gpt-4o}\n${front}\n---\n${body}`;

describe("a .prompty file of the newer format", () => {
  it("gives functions whose parameters are a list", () => {
    const tools = `tools:
  - name: book
    kind: function
    description: Books a room
    strict: true
    parameters:
      - {name: city, kind: string, description: Where, required: true}
      - {name: beds, kind: integer, enumValues: [1, 2]}
      - {name: price, kind: float}
    bindings: {city: {input: place}}
  - {name: now, kind: function}`;
    const { definition, warnings } = read(fileOf(tools, "user:\nHi"));
    const properties = {
      city: { type: "string", description: "Where" },
      beds: { type: "integer", enum: [1, 2] },
      price: { type: "number" },
    };
    expect(definition.tools).toEqual([
      {
        name: "book",
        description: "Books a room",
        strict: true,
        parameters: { type: "object", properties, required: ["city"] },
      },
      { name: "now", parameters: { type: "object", properties: {} } },
    ]);
    expect(warnings).toContain("tools.0.bindings has no effect: the caller answers the calls.");
  });

  it("is refused where a tool is no function, which it names", () => {
    const tools = "tools:\n  - {name: files, kind: mcp, serverName: fs}";
    expect(faultsOf(() => read(fileOf(tools, "user:\nHi")))).toEqual([
      { path: "tools.0.kind", message: '"mcp" has no counterpart here; only functions have one' },
    ]);
  });

  it("gives a thread as a conversation in its place", () => {
    const inputs = "inputs:\n  - {name: talk, kind: thread}\n  - {name: question, kind: string}";
    const { definition } = read(fileOf(inputs, "system:\nBe short.\n\n{{talk}}\n\nuser:\n{{question}}"));
    expect(definition.messages).toEqual([
      { role: "system", content: "Be short." },
      { placeholder: "talk" },
      { role: "user", content: "{{question}}" },
    ]);
    expect(definition.variables["talk"]).toMatchObject({ type: "messages" });
  });

  it("keeps the role of the text after a thread, and a variable of another type in its text", () => {
    const inputs = "inputs: {talk: {type: thread}, note: {type: string}}";
    const { definition } = read(fileOf(inputs, "user:\nBefore\n{{ talk }}\nAfter\n{{note}}"));
    expect(definition.messages).toEqual([
      { role: "user", content: "Before" },
      { placeholder: "talk" },
      { role: "user", content: "After\n{{note}}" },
    ]);
  });

  it("takes Nunjucks for Jinja, which it says", () => {
    const { definition, warnings } = read(fileOf("template: {format: {kind: nunjucks}}", "user:\n{{ name | upper }}"));
    expect(definition.messages).toEqual([{ role: "user", content: "{{ name | upper }}" }]);
    expect(warnings).toContain("template nunjucks was read as jinja2, which it follows.");
  });
});

describe("the parameters of an older .prompty file", () => {
  const withParameters = (parameters: string) =>
    read(`---\nname: p\nmodel: {api: chat, id: gpt-4o, parameters: {${parameters}}}\n---\nuser:\nHi`);

  it("give tools and the schema of the answer", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const named = JSON.stringify({ type: "json_schema", json_schema: { name: "x", schema } });
    const tools = "[{type: function, function: {name: now, parameters: {type: object}}}]";
    const { definition, warnings } = withParameters(`max_tokens: 5, response_format: ${named}, tools: ${tools}`);
    expect(definition).toMatchObject({ settings: { max_tokens: 5 }, output_schema: schema, tools: [{ name: "now" }] });
    expect(warnings).toEqual([]);
  });

  it("say what has no effect: tools in a file, and a format without a schema", () => {
    const { definition, warnings } = withParameters(
      "response_format: {type: json_object}, tools: '${file:tools.json}'",
    );
    expect(definition).not.toHaveProperty("tools");
    expect(warnings).toEqual([
      "model.parameters.tools names a file, which was not read.",
      "model.parameters.response_format has no effect: give the fields of the answer in output_schema.",
    ]);
  });
});

describe("a file below a front matter", () => {
  it("is prompty's where its keys are, even with a variable named history", () => {
    const { definition } = read("---\nname: p\nmodel: {api: chat}\nsample: {history: none}\n---\nsystem:\n{{history}}");
    expect(definition.messages).toEqual([{ role: "system", content: "{{history}}" }]);
  });
});
