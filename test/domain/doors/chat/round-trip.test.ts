import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { toAnthropicRequest } from "../../../../src/providers/anthropic/request.ts";
import { toOpenAIRequest } from "../../../../src/providers/openai/request.ts";
import { body, CALL, CITY, PDF, PNG, WEATHER } from "./bodies.ts";

const SEED = 20_261_126;

/** The body that a provider of OpenAI's format is sent for what was read. */
function sentAgain(given: Record<string, unknown>): object {
  const { own, untranslated, stream: _stream, ...request } = chatDoor.read(given);
  expect({ own, untranslated }).toEqual({ own: {}, untranslated: [] });
  return toOpenAIRequest({ provider: "openai", ...request });
}

const breakpoint = { prompt_cache_breakpoint: { mode: "explicit" } };

/** Everything that both our terms and OpenAI's format can say. */
const RICH = body({
  messages: [
    { role: "system", content: "Be kind." },
    { role: "developer", content: [{ type: "text", text: "Be brief.", ...breakpoint }] },
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: PNG, detail: "high" }, ...breakpoint },
        { type: "image_url", image_url: { url: "https://cdn.test/a.png" } },
        { type: "file", file: { file_data: PDF, filename: "a.pdf" } },
        { type: "file", file: { file_id: "file-1" } },
        { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
      ],
    },
    { role: "assistant", content: null, tool_calls: [CALL, { ...CALL, id: "c2" }] },
    { role: "tool", tool_call_id: "c1", content: "Sunny" },
    { role: "tool", tool_call_id: "c2", content: [{ type: "text", text: "Rain" }] },
    { role: "assistant", content: "It is sunny." },
  ],
  tools: [WEATHER],
  tool_choice: { type: "function", function: { name: "get_weather" } },
  parallel_tool_calls: false,
  response_format: { type: "json_schema", json_schema: { name: "city", schema: CITY, strict: true } },
  max_tokens: 50,
  temperature: 0.2,
  top_p: 0.9,
  seed: 7,
  frequency_penalty: 0.5,
  presence_penalty: -0.5,
  stop: ["END"],
  service_tier: "flex",
  prompt_cache_key: "k",
  safety_identifier: "u",
});

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
const part = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({
    type: fc.constant("image_url"),
    image_url: fc.record(
      { url: fc.constantFrom(PNG, "https://cdn.test/a.png"), detail: fc.constantFrom("low", "high", "auto") },
      { requiredKeys: ["url"] },
    ),
  }),
  fc.record({ type: fc.constant("file"), file: fc.record({ file_data: fc.constant(PDF), filename: name }) }),
  fc.record({
    type: fc.constant("input_audio"),
    input_audio: fc.record({ data: fc.constant("UklGRg=="), format: fc.constantFrom("wav", "mp3") }),
  }),
);
const content = fc.oneof(text, fc.array(part, { minLength: 1, maxLength: 3 }));
const call = fc.record({
  id: name,
  type: fc.constant("function"),
  function: fc.record({ name, arguments: fc.oneof(fc.constant("{}"), text) }),
});
const message = fc.oneof(
  fc.record({ role: fc.constantFrom("system", "developer", "user"), content }),
  fc.record({ role: fc.constant("assistant"), content: text }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constant(null),
    tool_calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ role: fc.constant("tool"), tool_call_id: name, content: text }),
);
const tool = fc.record({
  type: fc.constant("function"),
  function: fc.record(
    { name, description: text, parameters: fc.constant(CITY), strict: fc.boolean() },
    { requiredKeys: ["name", "parameters"] },
  ),
});
const anyBody = fc.record(
  {
    model: fc.constant("gpt-4.1"),
    messages: fc.array(message, { maxLength: 4 }),
    tools: fc.array(tool, { minLength: 1, maxLength: 2 }),
    temperature: fc.constantFrom(0, 1, 2),
    stop: fc.array(text, { minLength: 1, maxLength: 2 }),
    max_tokens: fc.integer({ min: 1, max: 9 }),
    seed: fc.integer(),
    safety_identifier: name,
  },
  { requiredKeys: ["model", "messages"] },
);

describe("a body that is read and sent again in OpenAI's format", () => {
  it("is the same for everything that our terms have", () => {
    expect(sentAgain(RICH)).toEqual(RICH);
  });

  it("is the same for a model that reasons", () => {
    const reasoning = body({
      model: "gpt-6-sol",
      max_completion_tokens: 50,
      reasoning_effort: "low",
      verbosity: "high",
    });
    expect(sentAgain(reasoning)).toEqual(reasoning);
  });

  it("is the same whatever is in it", () => {
    fc.assert(
      fc.property(anyBody, (given) => {
        expect(sentAgain(given)).toEqual(given);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

describe("a body that is read and sent to Anthropic", () => {
  it("means the same there", () => {
    const cache_control = { type: "ephemeral" };
    const {
      untranslated,
      own,
      stream: _stream,
      ...request
    } = chatDoor.read({
      model: "claude-sonnet-5",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "developer", content: [{ type: "text", text: "Be brief.", cache_control }] },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?", ...breakpoint },
            { type: "image_url", image_url: { url: PNG } },
            { type: "file", file: { file_data: PDF, filename: "a.pdf" } },
          ],
        },
        { role: "assistant", content: null, tool_calls: [CALL] },
        { role: "tool", tool_call_id: "c1", content: "Sunny" },
      ],
      tools: [WEATHER],
      tool_choice: "required",
      parallel_tool_calls: false,
      response_format: { type: "json_schema", json_schema: { name: "city", schema: CITY, strict: true } },
      max_completion_tokens: 50,
      stop: "END",
      reasoning_effort: "low",
      safety_identifier: "u",
    });
    expect({ own, untranslated }).toEqual({ own: {}, untranslated: [] });
    expect(toAnthropicRequest({ provider: "anthropic", ...request }).body).toEqual({
      model: "claude-sonnet-5",
      max_tokens: 50,
      system: [
        { type: "text", text: "Be kind." },
        { type: "text", text: "Be brief.", cache_control },
      ],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?", cache_control },
            { type: "image", source: { type: "base64", data: "iVBORw0KGgo=", media_type: "image/png" } },
            {
              type: "document",
              source: { type: "base64", data: "JVBERi0=", media_type: "application/pdf" },
              title: "a.pdf",
            },
          ],
        },
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "get_weather", input: { city: "Bern" } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "Sunny" }] },
      ],
      stop_sequences: ["END"],
      tools: [
        {
          name: "get_weather",
          description: "The weather",
          input_schema: WEATHER.function.parameters,
          strict: true,
        },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      output_config: { format: { type: "json_schema", schema: CITY }, effort: "low" },
      metadata: { user_id: "u" },
    });
  });

  it("asks for JSON in words where the body asks for JSON mode, because any object may come", () => {
    const { own: _own, ...request } = chatDoor.read(
      body({ model: "claude-sonnet-5", response_format: { type: "json_object" } }),
    );
    const { system, output_config } = toAnthropicRequest({ provider: "anthropic", ...request }).body;
    expect(system).toContain("Answer with JSON only");
    expect(output_config).toBeUndefined();
  });
});
