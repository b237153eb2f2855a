import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../src/domain/completions/completion.ts";
import { toResponsesRequest } from "../../src/providers/openai/responses-request.ts";
import { request } from "./wire-fixtures.ts";

const WEATHER = { name: "get_weather", description: "The weather", parameters: { type: "object", properties: {} } };
const MODEL = "gpt-6-sol";

const body = (changes: Partial<CompletionRequest>): ResponseCreateParamsNonStreaming =>
  toResponsesRequest(request({ model: MODEL, ...changes }));

describe("a request to Responses", () => {
  it("carries parts, media, calls of tools and their results", () => {
    const messages: CompletionRequest["messages"] = [
      { role: "developer", content: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }] },
      {
        role: "user",
        content: [
          { type: "image", image: { url: "https://cdn.test/a.png" }, detail: "low" },
          { type: "image", image: { file_id: "file-1" } },
          { type: "file", file: { data: "JVBERi0=", media_type: "application/pdf" }, filename: "a.pdf" },
          { type: "file", file: { url: "https://cdn.test/a.pdf" } },
        ],
      },
      {
        role: "assistant",
        content: "Let me see.",
        tool_calls: [{ id: "c1", name: "get_weather", arguments: '{"id":9007199254740993}' }],
      },
      { role: "tool", tool_call_id: "c1", content: "Sunny" },
      {
        role: "assistant",
        content: [
          { type: "text", text: "It is " },
          { type: "text", text: "sunny." },
        ],
      },
      { role: "user", content: "And now?" },
    ];
    expect(
      body({ messages, tools: [WEATHER], tool_choice: { name: "get_weather" }, parallel_tool_calls: false }),
    ).toEqual({
      model: MODEL,
      store: false,
      input: [
        {
          role: "developer",
          content: [{ type: "input_text", text: "Be brief.", prompt_cache_breakpoint: { mode: "explicit" } }],
        },
        {
          role: "user",
          content: [
            { type: "input_image", image_url: "https://cdn.test/a.png", detail: "low" },
            { type: "input_image", file_id: "file-1", detail: "auto" },
            { type: "input_file", file_data: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" },
            { type: "input_file", file_url: "https://cdn.test/a.pdf" },
          ],
        },
        { role: "assistant", content: "Let me see." },
        { type: "function_call", call_id: "c1", name: "get_weather", arguments: '{"id":9007199254740993}' },
        { type: "function_call_output", call_id: "c1", output: "Sunny" },
        { role: "assistant", content: "It is sunny." },
        { role: "user", content: "And now?" },
      ],
      tools: [{ type: "function", ...WEATHER, strict: false }],
      tool_choice: { type: "function", name: "get_weather" },
      parallel_tool_calls: false,
    });
  });

  it("carries every setting by the name that it has there, and a summary where reasoning is wanted", () => {
    const output_schema = { type: "object", properties: {}, required: [], additionalProperties: false };
    const parameters: CompletionRequest["parameters"] = {
      max_tokens: 900,
      reasoning_effort: "high",
      verbosity: "low",
      service_tier: "flex",
      prompt_cache_key: "triage",
      seed: 7,
      stop: ["END"],
      provider_options: { openai: { metadata: { team: "a" }, api: "responses" }, anthropic: { container: "x" } },
    };
    expect(body({ parameters, output_schema, reasoning: true, user: "u1" })).toEqual({
      model: MODEL,
      input: [{ role: "user", content: "Hello" }],
      store: false,
      max_output_tokens: 900,
      reasoning: { effort: "high", summary: "auto" },
      text: { format: { type: "json_schema", name: "output", schema: output_schema, strict: true }, verbosity: "low" },
      service_tier: "flex",
      prompt_cache_key: "triage",
      safety_identifier: "u1",
      metadata: { team: "a" },
    });
  });

  it("joins the prompt's own options with ours: tools after tools, and fields inside reasoning and text", () => {
    const own = {
      tools: [{ type: "web_search" }, { type: "function", function: { name: "f", parameters: {} } }],
      reasoning: { mode: "pro" },
      reasoning_effort: "low",
      text: { verbosity: "high" },
      previous_response_id: "resp_0",
    };
    expect(body({ tools: [WEATHER], output_schema: {}, parameters: { provider_options: { openai: own } } })).toEqual({
      model: MODEL,
      input: [{ role: "user", content: "Hello" }],
      store: true,
      tools: [
        { type: "function", ...WEATHER, strict: false },
        { type: "web_search" },
        { type: "function", name: "f", parameters: {}, strict: false },
      ],
      reasoning: { effort: "low", mode: "pro" },
      text: { format: { type: "json_schema", name: "output", schema: {}, strict: false }, verbosity: "high" },
      previous_response_id: "resp_0",
    });
  });

  it("calls the output schema as the client does", () => {
    const output_schema = { type: "object" };
    const output_format = { name: "city", strict: true };
    expect(body({ output_schema, output_format }).text).toEqual({
      format: { type: "json_schema", name: "city", schema: output_schema, strict: true },
    });
  });

  it.each([
    [{ store: true }, true],
    [{ store: false, previous_response_id: "resp_0" }, false],
    [{ store: null }, false],
    [{ conversation: "conv_1" }, true],
  ])("with the options %j says of keeping it: %s", (openai, store) => {
    const parameters = { provider_options: { openai: { ...openai, api: "responses" } } };
    expect(body({ parameters })).toMatchObject({ store });
  });

  it.each([
    ["user", { type: "audio", audio: { data: "AA==", media_type: "audio/wav" } }, "a recording"],
    ["assistant", { type: "image", image: { file_id: "f" } }, "anything but text from the assistant"],
  ] as const)("is refused with the place of what %s messages cannot have there", (role, part, what) => {
    expect(() => body({ messages: [{ role, content: [part] }] })).toThrow(
      `messages.0.content.0: OpenAI's Responses does not take ${what}`,
    );
  });
});
