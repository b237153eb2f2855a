import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { body, CALL, CITY, PDF, PNG, WEATHER, withCall, withMessage, withPart } from "./bodies.ts";

const messagesOf = (given: Record<string, unknown>) => chatDoor.read(given).messages;
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

  it.each([
    ["a system message", { role: "system", content: "Be brief." }],
    ["a developer message", { role: "developer", content: "Be brief." }],
    ["a text in parts", { role: "user", content: [{ type: "text", text: "Hi" }] }],
    ["a result of a tool", { role: "tool", tool_call_id: "c1", content: "Sunny" }],
  ])("has %s as it is", (_what, message) => {
    expect(messagesOf(withMessage(message))).toEqual([message]);
  });

  it("may have no message of its own, because a stored prompt has some", () => {
    expect(messagesOf(body({ messages: [] }))).toEqual([]);
  });

  it("has the calls that the assistant asked for, and no content beside them", () => {
    expect(messagesOf(withCall(CALL))).toEqual([
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "c1", name: "get_weather", arguments: '{"city":"Bern"}' }],
      },
    ]);
  });

  it.each([
    ["a message's refusal", { role: "assistant", content: null, refusal: "No." }, "No."],
    [
      "a part that refuses",
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
      [{ type: "text", text: "No." }],
    ],
    [
      "a refusal after a text",
      { role: "assistant", content: "Hm.", refusal: "No." },
      [
        { type: "text", text: "Hm." },
        { type: "text", text: "No." },
      ],
    ],
  ])("has %s as a text of the assistant", (_what, message, content) => {
    expect(messagesOf(withMessage(message))).toEqual([{ role: "assistant", content }]);
  });

  it.each([
    [
      "a picture in the message",
      { type: "image_url", image_url: { url: PNG, detail: "low" } },
      { type: "image", image: { data: "iVBORw0KGgo=", media_type: "image/png" }, detail: "low" },
    ],
    [
      "a picture elsewhere",
      { type: "image_url", image_url: { url: "https://cdn.test/a.png" } },
      { type: "image", image: { url: "https://cdn.test/a.png" } },
    ],
    [
      "a picture by its URL alone",
      { type: "image_url", image_url: "https://cdn.test/a.png" },
      { type: "image", image: { url: "https://cdn.test/a.png" } },
    ],
    [
      "a recording",
      { type: "input_audio", input_audio: { data: "UklGRg==", format: "mp3" } },
      { type: "audio", audio: { data: "UklGRg==", media_type: "audio/mpeg" }, format: "mp3" },
    ],
    [
      "a document in the message",
      { type: "file", file: { file_data: PDF, filename: "a.pdf" } },
      { type: "file", file: { data: "JVBERi0=", media_type: "application/pdf" }, filename: "a.pdf" },
    ],
    [
      "a document among the provider's files",
      { type: "file", file: { file_id: "file-1" } },
      { type: "file", file: { file_id: "file-1" } },
    ],
  ])("has %s as a part", (_what, part, read) => {
    expect(chatDoor.read(withPart(part))).toMatchObject({ messages: [{ content: [read] }], untranslated: [] });
  });

  it.each([
    ["OpenAI's breakpoint", { prompt_cache_breakpoint: { mode: "explicit" } }, { type: "ephemeral" }],
    ["OpenAI's usual time", { prompt_cache_breakpoint: { mode: "explicit", ttl: "30m" } }, { type: "ephemeral" }],
    [
      "OpenAI's longest time",
      { prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" } },
      { type: "ephemeral", ttl: "1h" },
    ],
    ["Anthropic's breakpoint", { cache_control: { type: "ephemeral" } }, { type: "ephemeral" }],
    ["Anthropic's own time", { cache_control: { type: "ephemeral", ttl: "1h" } }, { type: "ephemeral", ttl: "1h" }],
    ["no breakpoint", { cache_control: null, prompt_cache_breakpoint: null }, undefined],
  ])("keeps the prompt up to a part with %s", (_what, members, cache_control) => {
    const read = chatDoor.read(withPart({ type: "text", text: "Hi", ...members }));
    expect(read.messages[0]?.content).toEqual([{ type: "text", text: "Hi", ...(cache_control && { cache_control }) }]);
    expect(read.untranslated).toEqual([]);
  });

  it("keeps the prompt up to a message's last part where the message says so", () => {
    const cache_control = { type: "ephemeral" };
    const [message] = messagesOf(withMessage({ role: "system", content: "Be brief.", cache_control }));
    expect(message?.content).toEqual([{ type: "text", text: "Be brief.", cache_control }]);
  });

  it("has the thinking of earlier answers as the provider wants it back, and asks for more of it", () => {
    const thinking_blocks = [
      { type: "thinking", thinking: "Hm.", signature: "c2ln" },
      { type: "redacted_thinking", data: "ZGF0YQ==" },
      { type: "reasoning", id: "rs_1", summary: ["Hm."], encrypted_content: "ZW5j" },
    ];
    const read = chatDoor.read(
      withMessage({ role: "assistant", content: "Hi", reasoning_content: "Hm.", thinking_blocks }),
    );
    expect(read).toMatchObject({
      messages: [{ reasoning_blocks: thinking_blocks }],
      reasoning: true,
      untranslated: [],
    });
  });

  it("takes an answer as clients send it back: with what only answers have, and streamed calls with their index", () => {
    const answer = {
      role: "assistant",
      content: "Hi",
      refusal: null,
      annotations: [{ type: "url_citation" }],
      audio: null,
      function_call: null,
      parsed: { city: "Bern" },
      reasoning_content: "Hm.",
      tool_calls: [{ ...CALL, index: 0, function: { ...CALL.function, parsed_arguments: { city: "Bern" } } }],
    };
    const read = chatDoor.read(withMessage(answer));
    expect(read).toMatchObject({ messages: [{ content: "Hi", tool_calls: [{ id: "c1" }] }], untranslated: [] });
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
    expect(read).toMatchObject({ parameters: { thinking }, own: {} });
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
