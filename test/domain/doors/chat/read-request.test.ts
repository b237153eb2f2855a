import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { body, CALL, CITY, WEATHER, withCall, withMessage, withPart } from "./bodies.ts";

const parametersOf = (given: Record<string, unknown>) => chatDoor.read(body(given)).parameters;

function faultsOf(given: Record<string, unknown>): string[] {
  try {
    chatDoor.read(given);
  } catch (error) {
    if (error instanceof AppError && error.code === "validation_error") {
      return (error.errors ?? []).map(({ path }) => path);
    }
    throw error;
  }
  return [];
}

describe("the body of a chat completion", () => {
  it("is read into a request with nothing that is not in it", () => {
    expect(chatDoor.read(body())).toEqual({
      model: "gpt-4.1",
      stream: false,
      messages: [{ role: "user", content: "Hello" }],
      parameters: {},
      own: {},
      untranslated: [],
    });
  });

  it("has functions with their schema, and a function without parameters", () => {
    const { function: described } = WEATHER;
    const read = chatDoor.read(
      body({ tools: [WEATHER, { type: "function", function: { name: "now", strict: null } }] }),
    );
    expect(read.tools).toEqual([described, { name: "now", parameters: { type: "object", properties: {} } }]);
  });

  it.each([
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [{ type: "function", function: { name: "get_weather" } }, { name: "get_weather" }],
  ])("has the choice of a tool %j", (tool_choice, read) => {
    expect(chatDoor.read(body({ tools: [WEATHER], tool_choice, parallel_tool_calls: false }))).toMatchObject({
      tool_choice: read,
      parallel_tool_calls: false,
    });
  });

  it.each([
    ["text", { type: "text" }, {}],
    [
      "a schema with its name",
      { type: "json_schema", json_schema: { name: "city", description: "A city", schema: CITY, strict: true } },
      { output_schema: CITY, output_format: { name: "city", description: "A city", strict: true } },
    ],
    [
      "a schema that is not enforced",
      { type: "json_schema", json_schema: { name: "city", schema: CITY } },
      { output_schema: CITY, output_format: { name: "city", strict: false } },
    ],
    [
      "JSON mode, as the schema of any object",
      { type: "json_object" },
      { output_schema: { type: "object", additionalProperties: true } },
    ],
  ])("asks for %s", (_what, response_format, asked) => {
    const { output_schema, output_format, own } = chatDoor.read(body({ response_format }));
    expect({ output_schema, output_format, own }).toEqual({ own: {}, ...asked });
  });

  it("has every parameter by its name", () => {
    const parameters = {
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: -1,
      presence_penalty: 2,
      seed: 7,
      reasoning_effort: "low",
      verbosity: "high",
      service_tier: "flex",
      prompt_cache_key: "k",
      stop: ["END"],
      max_tokens: 5,
      top_k: 40,
    };
    expect(parametersOf(parameters)).toEqual(parameters);
  });

  it.each([
    ["one stop sequence", { stop: "END" }, { stop: ["END"] }],
    ["no stop sequence", { stop: [] }, {}],
    ["the bound on the output by its newer name", { max_completion_tokens: 5 }, { max_tokens: 5 }],
    ["the larger of two bounds", { max_completion_tokens: 5, max_tokens: 6 }, { max_tokens: 6 }],
    ["the same bound by both names", { max_completion_tokens: 5, max_tokens: 5 }, { max_tokens: 5 }],
    ["nulls, which say nothing", { temperature: null, stop: null, seed: null, max_tokens: null }, {}],
  ])("has %s", (_what, given, parameters) => {
    expect(parametersOf(given)).toEqual(parameters);
  });

  it.each([
    [{ type: "enabled", budget_tokens: 1024 }, true],
    [{ type: "disabled" }, undefined],
  ])("has Anthropic's thinking %j, and asks for the reasoning: %s", (thinking, reasoning) => {
    const read = chatDoor.read(body({ thinking }));
    expect([read.parameters, read.own]).toEqual([{ thinking }, {}]);
    expect(read.reasoning).toBe(reasoning);
  });

  it.each([
    [{ user: "u" }, "u"],
    [{ safety_identifier: "s" }, "s"],
    [{ user: "u", safety_identifier: "s" }, "s"],
  ])("has the end user of %j", (given, user) => {
    expect(chatDoor.read(body(given)).user).toBe(user);
  });

  it("is refused with every field that OpenAI would refuse", () => {
    const given = { messages: [{ content: "Hi" }, { role: "user" }], temperature: "hot", stream: "yes", tools: {} };
    expect(faultsOf(given)).toEqual([
      "messages.0.role",
      "messages.1.content",
      "temperature",
      "model",
      "stream",
      "tools",
    ]);
  });

  it("is refused with the first of its faults where it has a fault in each of its bytes", () => {
    expect(faultsOf(body({ messages: Array.from({ length: 100_000 }, () => 1) }))).toHaveLength(50);
    const { untranslated } = chatDoor.read(body({ messages: Array.from({ length: 1_000 }, () => ({ role: "r" })) }));
    expect(untranslated).toHaveLength(50);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["no model", body({ model: undefined }), "model"],
    ["an empty model", body({ model: "" }), "model"],
    ["a model that is no text", body({ model: 4 }), "model"],
    ["no messages", body({ messages: undefined }), "messages"],
    ["messages that are no list", body({ messages: "Hi" }), "messages"],
    ["a message that is no object", withMessage("Hi"), "messages.0"],
    ["a content that is neither text nor parts", withMessage({ role: "user", content: 1 }), "messages.0.content"],
    ["a null in place of a content", withMessage({ role: "user", content: null }), "messages.0.content"],
    ["a part that is no object", withPart("Hi"), "messages.0.content.0"],
    ["a part without a type", withPart({ text: "Hi" }), "messages.0.content.0.type"],
    ["a part without its text", withPart({ type: "text" }), "messages.0.content.0.text"],
    ["a picture without a URL", withPart({ type: "image_url", image_url: {} }), "messages.0.content.0.image_url.url"],
    ["a file that is none", withPart({ type: "file", file: {} }), "messages.0.content.0.file"],
    [
      "a recording without a format",
      withPart({ type: "input_audio", input_audio: { data: "AA==" } }),
      "messages.0.content.0.input_audio.format",
    ],
    ["a result of no call", withMessage({ role: "tool", content: "Hi" }), "messages.0.tool_call_id"],
    ["a call without an id", withCall({ ...CALL, id: undefined }), "messages.0.tool_calls.0.id"],
    ["a call of nothing", withCall({ ...CALL, function: undefined }), "messages.0.tool_calls.0.function"],
    [
      "arguments that are no text",
      withCall({ ...CALL, function: { name: "f", arguments: {} } }),
      "messages.0.tool_calls.0.function.arguments",
    ],
    ["a tool without a type", body({ tools: [{ function: { name: "f" } }] }), "tools.0.type"],
    ["a function without a name", body({ tools: [{ type: "function", function: {} }] }), "tools.0.function.name"],
    [
      "parameters that are no object",
      body({ tools: [{ type: "function", function: { name: "f", parameters: [] } }] }),
      "tools.0.function.parameters",
    ],
    ["a choice of no tool", body({ tool_choice: { type: "function" } }), "tool_choice.function"],
    ["a choice that is a number", body({ tool_choice: 1 }), "tool_choice"],
    ["stream options that are no object", body({ stream_options: true }), "stream_options"],
    ["a seed that is no integer", body({ seed: 1.5 }), "seed"],
    ["a stop that is no text", body({ stop: [1] }), "stop"],
    ["an effort that is no text", body({ reasoning_effort: 1 }), "reasoning_effort"],
    ["a format that is no object", body({ response_format: "json" }), "response_format"],
    [
      "a schema without a name",
      body({ response_format: { type: "json_schema", json_schema: { schema: CITY } } }),
      "response_format.json_schema.name",
    ],
  ])("is refused for %s", (_what, given, path) => {
    expect(faultsOf(given)).toEqual([path]);
  });
});
