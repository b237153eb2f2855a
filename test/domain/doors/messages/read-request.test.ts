import { describe, expect, it } from "vitest";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";
import { toAnthropicRequest } from "../../../../src/providers/anthropic/request.ts";
import { toOpenAIRequest } from "../../../../src/providers/openai/request.ts";
import { toResponsesRequest } from "../../../../src/providers/openai/responses-request.ts";
import { afterBlocks, asked, body, CACHED, PDF, PNG, WEATHER, withBlocks } from "./bodies.ts";

const TOOL_USE = { type: "tool_use", id: "t1", name: "get_weather", input: { city: "Bern" } };
const THINKING = { type: "thinking", thinking: "Hm.", signature: "EqQBCgIYAhIM" };
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};

const results = (...content: unknown[]) =>
  body({
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: [TOOL_USE] },
      { role: "user", content },
    ],
  });

describe("a body of Messages", () => {
  it.each([
    ["a text", body()],
    ["the system's text", body({ system: "Be brief." })],
    ["blocks of the system with a breakpoint", body({ system: [{ type: "text", text: "Be brief.", ...CACHED }] })],
    ["texts with a breakpoint", withBlocks({ type: "text", text: "a" }, { type: "text", text: "b", ...CACHED })],
    ["a picture as base64", withBlocks({ type: "image", source: PNG })],
    ["a picture by its URL", withBlocks({ type: "image", source: { type: "url", url: "https://cdn.test/a.png" } })],
    ["a picture by its file", withBlocks({ type: "image", source: { type: "file", file_id: "file_1" }, ...CACHED })],
    ["a PDF with a title", withBlocks({ type: "document", source: PDF, title: "a.pdf" })],
    [
      "a plain text",
      withBlocks({ type: "document", source: { type: "text", media_type: "text/plain", data: "Grüße 🌍" } }),
    ],
    [
      "a document by its URL",
      withBlocks({ type: "document", source: { type: "url", url: "https://cdn.test/a.pdf" }, ...CACHED }),
    ],
    ["a document by its file", withBlocks({ type: "document", source: { type: "file", file_id: "file_1" } })],
    ["an assistant's text", afterBlocks({ type: "text", text: "Hello" })],
    ["thinking with its signature", afterBlocks(THINKING, { type: "text", text: "Hello" })],
    ["redacted thinking", afterBlocks({ type: "redacted_thinking", data: "sealed" }, { type: "text", text: "Hello" })],
    ["a call of a tool and its result", results({ type: "tool_result", tool_use_id: "t1", content: "Sunny" })],
    [
      "a result of blocks with a picture",
      results({
        type: "tool_result",
        tool_use_id: "t1",
        content: [
          { type: "text", text: "Here" },
          { type: "image", source: PNG },
        ],
      }),
    ],
    ["calls with a breakpoint", afterBlocks({ ...TOOL_USE, ...CACHED }, { ...TOOL_USE, id: "t2" })],
    [
      "tools of the caller, with a breakpoint",
      body({ tools: [WEATHER, { ...WEATHER, name: "now", strict: true, ...CACHED }] }),
    ],
    [
      "any tool, one at a time",
      body({ tools: [WEATHER], tool_choice: { type: "any", disable_parallel_tool_use: true } }),
    ],
    ["one tool", body({ tools: [WEATHER], tool_choice: { type: "tool", name: "get_weather" } })],
    ["no tool", body({ tools: [WEATHER], tool_choice: { type: "none" } })],
    ["sampling and stops", body({ temperature: 0.5, top_k: 5, stop_sequences: ["END"] })],
    ["thinking with a budget", body({ max_tokens: 4096, thinking: { type: "enabled", budget_tokens: 1024 } })],
    [
      "adaptive thinking and an effort",
      body({
        model: "claude-opus-5-5",
        thinking: { type: "adaptive", display: "summarized" },
        output_config: { effort: "max" },
      }),
    ],
    ["no thinking", body({ thinking: { type: "disabled" } })],
    ["a schema", body({ output_config: { format: { type: "json_schema", schema: SCHEMA } } })],
    ["the user and the tier", body({ metadata: { user_id: "u1" }, service_tier: "standard_only" })],
  ])("with %s is the same for Anthropic after it was read", (_name, given) => {
    const { own, untranslated } = messagesDoor.read(given);
    expect([own, untranslated]).toEqual([{}, []]);
    expect(toAnthropicRequest(asked(given)).body).toEqual(given);
  });

  it("has results of tools before what the user says beside them, as the API orders them", () => {
    const { messages } = asked(
      results(
        { type: "text", text: "And?" },
        { type: "tool_result", tool_use_id: "t1", content: "Sunny" },
        { type: "tool_result", tool_use_id: "t2" },
      ),
    );
    expect(messages.slice(2)).toEqual([
      { role: "tool", tool_call_id: "t1", content: "Sunny" },
      { role: "tool", tool_call_id: "t2", content: "" },
      { role: "user", content: [{ type: "text", text: "And?" }] },
    ]);
  });

  it("keeps the breakpoint of a result at the end of its content", () => {
    const given = results({ type: "tool_result", tool_use_id: "t1", content: "Sunny", ...CACHED });
    expect(asked(given).messages[2]?.content).toEqual([{ type: "text", text: "Sunny", ...CACHED }]);
  });

  it.each([
    ["a text", "No such city", "Error: No such city"],
    ["blocks", [{ type: "text", text: "No" }], [{ type: "text", text: "Error: No" }]],
    [
      "a picture",
      [{ type: "image", source: { type: "file", file_id: "f" } }],
      [
        { type: "text", text: "Error:" },
        { type: "image", image: { file_id: "f" } },
      ],
    ],
    ["nothing", undefined, "Error: "],
  ])("says in words that a tool failed with %s", (_name, content, said) => {
    const given = results({ type: "tool_result", tool_use_id: "t1", content, is_error: true });
    expect(asked(given).messages[2]?.content).toEqual(said);
  });

  it("asks for reasoning where it asks for thinking, and streams where it says so", () => {
    const thinking = { type: "enabled", budget_tokens: 2048 };
    expect(messagesDoor.read(body({ thinking, stream: true }))).toMatchObject({ reasoning: true, stream: true });
    const plain = messagesDoor.read(body({ thinking: { type: "disabled" } }));
    expect(plain).not.toHaveProperty("reasoning");
    expect(plain.stream).toBe(false);
  });

  it("reads the name that a beta had for the schema", () => {
    expect(messagesDoor.read(body({ output_format: { type: "json_schema", schema: SCHEMA } })).output_schema).toEqual(
      SCHEMA,
    );
  });

  it("leaves out thinking that nobody takes back", () => {
    const given = afterBlocks({ ...THINKING, signature: "" }, { type: "text", text: "Hello" });
    const { messages, untranslated } = messagesDoor.read(given);
    expect(messages[1]).toEqual({ role: "assistant", content: [{ type: "text", text: "Hello" }] });
    expect(untranslated).toEqual([]);
  });

  it("is read as the client echoes an answer: nulls and direct callers say nothing", () => {
    const given = afterBlocks(
      { type: "text", text: "Hello", citations: null },
      { ...TOOL_USE, caller: { type: "direct" } },
    );
    expect(messagesDoor.read({ ...given, system: null, tools: null, stop_sequences: null })).toMatchObject({
      own: {},
      untranslated: [],
    });
  });

  it("gives a model the words back that were no JSON", () => {
    const input = { INVALID_JSON: '{"city": ' };
    expect(asked(afterBlocks({ ...TOOL_USE, input })).messages[1]?.tool_calls).toEqual([
      { id: "t1", name: "get_weather", arguments: '{"city": ' },
    ]);
  });
});

describe("a body of Messages for OpenAI", () => {
  const given = body({
    system: [{ type: "text", text: "Be brief.", ...CACHED }],
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: PNG },
          { type: "text", text: "Where?" },
        ],
      },
      { role: "assistant", content: [{ type: "text", text: "Let me see." }, TOOL_USE] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "down", is_error: true }] },
    ],
    tools: [{ ...WEATHER, ...CACHED }],
    tool_choice: { type: "any", disable_parallel_tool_use: true },
  });

  it("is a body of chat completions", () => {
    expect(toOpenAIRequest(asked(given, { provider: "openai", model: "gpt-4.1" }))).toEqual({
      model: "gpt-4.1",
      max_tokens: 100,
      messages: [
        {
          role: "system",
          content: [{ type: "text", text: "Be brief.", prompt_cache_breakpoint: { mode: "explicit" } }],
        },
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
            { type: "text", text: "Where?" },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "text", text: "Let me see." }],
          tool_calls: [{ id: "t1", type: "function", function: { name: "get_weather", arguments: '{"city":"Bern"}' } }],
        },
        { role: "tool", tool_call_id: "t1", content: "Error: down" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "get_weather", description: "The weather", parameters: WEATHER.input_schema },
        },
      ],
      tool_choice: "required",
      parallel_tool_calls: false,
    });
  });

  it("gives OpenAI its reasoning back that an answer had in its signature", () => {
    const block = { type: "reasoning" as const, id: "rs_1", summary: ["Hm."], encrypted_content: "gAAA:b==" };
    const written = messagesDoor.write(
      { id: "e", created_at: 0, model: "m", text: "Hi", reasoning_blocks: [block], finish_reason: "stop", usage: null },
      {},
    ) as { content: unknown[] };
    const { input } = toResponsesRequest(
      asked(afterBlocks(...written.content), { provider: "openai", model: "gpt-6-sol" }),
    );
    expect(input).toMatchObject([
      { role: "user" },
      {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "Hm." }],
        encrypted_content: "gAAA:b==",
      },
      { role: "assistant", content: "Hi" },
      { role: "user" },
    ]);
  });
});
