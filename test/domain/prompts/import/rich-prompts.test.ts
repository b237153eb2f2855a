import { describe, expect, it } from "vitest";
import { AppError } from "../../../../src/domain/errors.ts";
import { importPrompt } from "../../../../src/domain/prompts/import/import-prompt.ts";
import { renderPrompt } from "../../../../src/domain/prompts/render-prompt.ts";

const RICH = `
model: gpt-6-sol
variables:
  product: {type: string, required: true}
  photo: {type: image, required: true}
  history: {type: messages, required: false}
messages:
  - role: developer
    content:
      - {type: text, text: "You sell {{ product }}.", cache_control: {type: ephemeral, ttl: 1h}}
  - placeholder: history
  - role: user
    content:
      - {type: text, text: "What is it? {{ note }}"}
      - {type: image, image: "{{ photo }}", detail: low}
      - {type: file, file: "https://cdn.test/{{ product }}.pdf", filename: a.pdf}
  - role: assistant
    tool_calls: [{id: c1, name: look_up, arguments: {id: 7}}]
  - {role: tool, tool_call_id: c1, content: "It is {{ product }}."}
tools:
  - type: function
    function: {name: look_up, description: Looks up, parameters: {type: object, properties: {id: {type: integer}}}}
tool_choice: {name: look_up}
parallel_tool_calls: false
settings:
  reasoning_effort: high
  verbosity: low
  timeouts: {first_token_ms: 60000}
  provider_options: {openai: {store: true}}
`;

function read(source: string) {
  return importPrompt(source, "yaml", "p");
}

function faults(source: string): string[] {
  try {
    read(source);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return (error.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  }
}

describe("a prompt of today", () => {
  it("is read with its parts, history, tools and settings", () => {
    const { definition, warnings } = read(RICH);
    expect(definition).toMatchObject({
      tools: [{ name: "look_up", description: "Looks up" }],
      tool_choice: { name: "look_up" },
      parallel_tool_calls: false,
      settings: { reasoning_effort: "high", verbosity: "low", timeouts: { first_token_ms: 60000 } },
      variables: { note: { type: "string", required: true }, history: { type: "messages", required: false } },
    });
    expect(warnings).toEqual(["variables.note is used but not declared; it was taken for a required string."]);
  });

  it("renders texts, takes media and history as they are, and renders neither again", () => {
    const { definition } = read(RICH);
    const history = [
      { role: "user", content: "{{ product }}" },
      { role: "assistant", content: "Hm." },
    ];
    const photo = { data: "AAAA", media_type: "image/png" };
    expect(renderPrompt(definition, { product: "tea", note: "{{ x }}", photo, history })).toEqual([
      {
        role: "developer",
        content: [{ type: "text", text: "You sell tea.", cache_control: { type: "ephemeral", ttl: "1h" } }],
      },
      ...history,
      {
        role: "user",
        content: [
          { type: "text", text: "What is it? {{ x }}" },
          { type: "image", image: photo, detail: "low" },
          { type: "file", file: { url: "https://cdn.test/tea.pdf" }, filename: "a.pdf" },
        ],
      },
      { role: "assistant", content: "", tool_calls: [{ id: "c1", name: "look_up", arguments: '{"id":7}' }] },
      { role: "tool", content: "It is tea.", tool_call_id: "c1" },
    ]);
  });

  it.each([
    ["photo", "ftp://x/y.png", "variables.photo: must be a picture"],
    ["history", [{ role: "robot", content: "x" }], "variables.history: must be a list of messages"],
  ])("refuses a bad %s and names the place", (name, value, message) => {
    const { definition } = read(RICH);
    const variables = { product: "tea", note: "", photo: "https://x.test/a.png", [name]: value };
    expect(() => renderPrompt(definition, variables)).toThrow(message);
  });

  it("refuses a text that makes no URL of a file, and names the place", () => {
    const { definition } = read("model: m\nmessages: [{role: user, content: [{type: file, file: 'ftp://{{ a }}'}]}]");
    expect(() => renderPrompt(definition, { a: "x" })).toThrow(
      "messages.0.content.0.file: must be an https: or data: URL",
    );
  });

  it("takes undeclared media and histories for what they stand for", () => {
    const { definition } = read(
      'model: m\nmessages: [{placeholder: past}, {role: user, content: [{type: image, image: "{{ pic }}"}]}]',
    );
    expect(definition.variables).toEqual({
      past: { type: "messages", required: false },
      pic: { type: "image", required: true },
    });
  });

  it.each([
    [
      "messages: [{role: user, content: [{type: video, video: x}]}]",
      'messages.0.content.0.type: must be text, image, file or audio, not "video"',
    ],
    [
      "messages: [{role: user, content: [{type: image, image: 'https://x.test', detail: huge}]}]",
      "messages.0.content.0.detail",
    ],
    ["messages: [{placeholder: 5}]", "messages.0.placeholder: must be the name of a variable"],
    ["messages: [{role: tool, content: x}]", "messages.0.tool_call_id: must name the call"],
    ["template: x\ntools: [{name: a b}]", "tools.0.name"],
    ["template: x\ntools: [{name: a}]\ntool_choice: {name: b}", "tool_choice.name: names no tool of the prompt: b"],
    ["template: x\nsettings: {reasoning_effort: huge}", "settings.reasoning_effort"],
    [
      "variables: {h: string}\nmessages: [{placeholder: h}]",
      "messages.0.placeholder: takes a variable of type messages",
    ],
    ["messages: [{role: user, content: [{type: text, text: '{% if %}'}]}]", "messages.0.content.0.text"],
  ])("is refused with the place of the fault: %s", (source, fault) => {
    expect(faults(`model: gpt-6-sol\n${source}`).join("; ")).toContain(fault);
  });
});
