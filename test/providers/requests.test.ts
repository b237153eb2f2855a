import { describe, expect, it } from "vitest";
import { toAnthropicRequest } from "../../src/providers/anthropic/request.ts";
import { toOpenAIRequest } from "../../src/providers/openai/request.ts";
import { isStrictSchema } from "../../src/providers/openai/strict-schema.ts";
import { request } from "./wire-fixtures.ts";

const CLOSED = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

describe("a request to OpenAI", () => {
  it("carries every parameter under OpenAI's names", () => {
    const parameters = { temperature: 0.2, top_p: 0.9, max_tokens: 50, stop: ["END"] };
    expect(toOpenAIRequest(request({ parameters, user: "u-1", output_schema: CLOSED }))).toEqual({
      model: "gpt-4.1",
      messages: [{ role: "user", content: "Hello" }],
      max_tokens: 50,
      temperature: 0.2,
      top_p: 0.9,
      stop: ["END"],
      response_format: { type: "json_schema", json_schema: { name: "output", schema: CLOSED, strict: true } },
      safety_identifier: "u-1",
    });
  });

  it("calls the output schema as the client does, and enforces it where the client says so", () => {
    const output_format = { name: "city", description: "A city", strict: false };
    expect(toOpenAIRequest(request({ output_schema: CLOSED, output_format })).response_format).toEqual({
      type: "json_schema",
      json_schema: { ...output_format, schema: CLOSED },
    });
  });

  it.each(["o3", "gpt-5", "gpt-5-mini-2025-08-07", "gpt-5.5", "gpt-5.6-terra", "gpt-6-luna", "gpt-6.1-sol"])(
    "limits %s with max_completion_tokens and omits the parameters that it refuses",
    (model) => {
      const body = toOpenAIRequest(
        request({ model, parameters: { max_tokens: 5, temperature: 0, top_p: 1, stop: ["END"] } }),
      );
      expect(body).toEqual({ model, messages: [{ role: "user", content: "Hello" }], max_completion_tokens: 5 });
    },
  );

  it.each(["gpt-5.1", "gpt-5.4-mini", "gpt-5-chat-latest"])("keeps temperature for %s, which accepts it", (model) => {
    expect(toOpenAIRequest(request({ model, parameters: { temperature: 0 } }))).toHaveProperty("temperature", 0);
  });

  it.each([
    ["an object that is closed and all required", CLOSED, true],
    ["a nested object that is open", { ...CLOSED, properties: { city: { type: "object", properties: {} } } }, false],
    ["an optional property", { ...CLOSED, required: [] }, false],
    ["an open object", { ...CLOSED, additionalProperties: true }, false],
    ["a keyword outside the subset", { ...CLOSED, allOf: [] }, false],
    [
      "an open object in a list",
      { ...CLOSED, properties: { city: { type: "array", items: { type: "object" } } } },
      false,
    ],
    ["a root that is no object", { type: "array", items: { type: "string" } }, false],
    ["a format that OpenAI knows", { ...CLOSED, properties: { city: { type: "string", format: "date" } } }, true],
    [
      "a format that OpenAI does not know",
      { ...CLOSED, properties: { city: { type: "string", format: "uri" } } },
      false,
    ],
    ["a property without a type", { ...CLOSED, properties: { city: { description: "any" } } }, false],
    ["a list without items", { ...CLOSED, properties: { city: { type: "array" } } }, false],
    ["a required name that is no property", { ...CLOSED, required: ["city", "zip"] }, false],
    ["a reference", { ...CLOSED, properties: { city: { $ref: "#/$defs/A" } }, $defs: { A: { type: "string" } } }, true],
    [
      "a keyword beside a reference",
      { ...CLOSED, properties: { city: { $ref: "#/$defs/A", title: "t" } }, $defs: { A: { type: "string" } } },
      false,
    ],
    ["a boolean property", { ...CLOSED, properties: { city: true } }, false],
  ])("is strict or not for %s", (_what, schema, strict) => {
    expect(isStrictSchema(schema)).toBe(strict);
  });
});

describe("a request to Anthropic", () => {
  it("leaves out messages that say nothing, which Anthropic refuses", () => {
    const { body } = toAnthropicRequest(
      request({
        messages: [
          { role: "user", content: "Hello" },
          { role: "assistant", content: "" },
          { role: "user", content: [] },
          { role: "user", content: "Still there?" },
        ],
      }),
    );
    expect(body.messages).toEqual([
      { role: "user", content: "Hello" },
      { role: "user", content: "Still there?" },
    ]);
  });

  const asked = request({ provider: "anthropic", model: "claude-haiku-4-5" });

  it("carries every parameter under Anthropic's names, and the API version that accepts temperature", () => {
    const parameters = { temperature: 1.5, max_tokens: 50, stop: ["END"] };
    const messages = [
      { role: "system" as const, content: "Be brief." },
      { role: "user" as const, content: "Hello" },
      { role: "system" as const, content: "Be kind." },
      { role: "user" as const, content: "Again" },
    ];
    const { body, headers } = toAnthropicRequest({
      ...asked,
      messages,
      parameters,
      user: "u-1",
      output_schema: CLOSED,
    });
    expect(body).toEqual({
      model: "claude-haiku-4-5",
      max_tokens: 50,
      system: "Be brief.\n\nBe kind.",
      messages: [
        { role: "user", content: "Hello" },
        { role: "user", content: "Again" },
      ],
      temperature: 1,
      stop_sequences: ["END"],
      output_config: { format: { type: "json_schema", schema: CLOSED } },
      metadata: { user_id: "u-1" },
    });
    expect(headers).toEqual({ "anthropic-version": "2023-06-01" });
  });

  it("omits sampling parameters that a model refuses, and uses the newest API version", () => {
    const parameters = { temperature: 0.5, top_p: 0.5 };
    const { body, headers } = toAnthropicRequest({ ...asked, model: "claude-sonnet-5-5", parameters });
    expect(body).not.toHaveProperty("temperature");
    expect(body).not.toHaveProperty("top_p");
    expect(headers).toEqual({});
  });

  it("sends temperature without top_p if both are given, because Anthropic accepts only one", () => {
    const { body } = toAnthropicRequest({ ...asked, parameters: { temperature: 0, top_p: 0.5 } });
    expect(body).toHaveProperty("temperature", 0);
    expect(body).not.toHaveProperty("top_p");
  });

  it("fails at `messages` if there is no user message", () => {
    const messages = [{ role: "system" as const, content: "Be brief." }];
    expect(() => toAnthropicRequest({ ...asked, messages })).toThrow(
      expect.objectContaining({ code: "validation_error", errors: [expect.objectContaining({ path: "messages" })] }),
    );
  });

  it.each([
    ["a property without a type", { type: "object", properties: { city: {} } }],
    ["a map", { type: "object", properties: { m: { type: "object", additionalProperties: { type: "string" } } } }],
    ["old-style definitions", { type: "object", properties: { a: { $ref: "#/definitions/a" } }, definitions: {} }],
  ])("describes the JSON in words if Anthropic cannot accept the schema: %s", (_what, output_schema) => {
    const { body } = toAnthropicRequest({ ...asked, output_schema });
    expect(body).not.toHaveProperty("output_config");
    expect(body.system).toContain(JSON.stringify(output_schema));
  });
});
