import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { describe, expect, it } from "vitest";
import type { CompletionRequest } from "../../src/domain/completions/completion.ts";
import type { Message } from "../../src/domain/completions/message.ts";
import { toAnthropicRequest } from "../../src/providers/anthropic/request.ts";
import { toOpenAIRequest } from "../../src/providers/openai/request.ts";
import { request } from "./wire-fixtures.ts";

const WEATHER = { name: "get_weather", description: "The weather", parameters: { type: "object", properties: {} } };
const PNG = { data: "iVBORw0KGgo=", media_type: "image/png" };
const PDF = { data: "JVBERi0=", media_type: "application/pdf" };

/** Everything that a request of today can have, beside settings. */
const RICH: Partial<CompletionRequest> = {
  messages: [
    {
      role: "developer",
      content: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }],
    },
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image", image: { url: "https://cdn.test/a.png" }, detail: "low" },
        { type: "image", image: PNG, cache_control: { type: "ephemeral" } },
        { type: "file", file: PDF, filename: "a.pdf" },
      ],
    },
    {
      role: "assistant",
      content: "",
      tool_calls: [
        { id: "c1", name: "get_weather", arguments: '{"city":"Bern","id":9007199254740993}' },
        { id: "c2", name: "get_weather", arguments: "{}" },
      ],
    },
    { role: "tool", tool_call_id: "c1", content: "Sunny" },
    { role: "tool", tool_call_id: "c2", content: "Rain" },
    { role: "user", content: "And now?" },
  ],
  tools: [WEATHER],
  tool_choice: { name: "get_weather" },
  parallel_tool_calls: false,
};

describe("a request of today to OpenAI", () => {
  it("has the user show what the result of a tool has beside text, right behind the results", () => {
    const image = { type: "image" as const, image: { data: "AAAA", media_type: "image/png" } };
    const call = (id: string) => ({ id, name: "look", arguments: "{}" });
    const messages: Message[] = [
      { role: "user", content: "Look." },
      { role: "assistant", content: "", tool_calls: [call("c1"), call("c2"), call("c3")] },
      { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "A screen" }, image] },
      { role: "tool", tool_call_id: "c2", content: [image] },
      { role: "tool", tool_call_id: "c3", content: "none" },
      { role: "user", content: "And?" },
    ];
    const shown = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    const { messages: sent } = toOpenAIRequest({ provider: "openai", model: "gpt-6-luna", parameters: {}, messages });
    expect(sent.slice(2)).toEqual([
      { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "A screen" }] },
      { role: "tool", tool_call_id: "c2", content: "The next message of the user shows the result." },
      { role: "tool", tool_call_id: "c3", content: "none" },
      {
        role: "user",
        content: [
          { type: "text", text: "The result of c1:" },
          shown,
          { type: "text", text: "The result of c2:" },
          shown,
        ],
      },
      { role: "user", content: "And?" },
    ]);
    const last = toOpenAIRequest({ provider: "openai", model: "m", parameters: {}, messages: messages.slice(0, 4) });
    expect(last.messages.at(-1)).toMatchObject({ role: "user" });
  });

  it("carries parts, media, calls of tools and their results", () => {
    const body: ChatCompletionCreateParamsNonStreaming = toOpenAIRequest(request({ ...RICH, model: "gpt-6-sol" }));
    expect(body).toEqual({
      model: "gpt-6-sol",
      messages: [
        {
          role: "developer",
          content: [{ type: "text", text: "Be brief.", prompt_cache_breakpoint: { mode: "explicit" } }],
        },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "https://cdn.test/a.png", detail: "low" } },
            {
              type: "image_url",
              image_url: { url: "data:image/png;base64,iVBORw0KGgo=" },
              prompt_cache_breakpoint: { mode: "explicit" },
            },
            { type: "file", file: { file_data: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" } },
          ],
        },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            {
              id: "c1",
              type: "function",
              function: { name: "get_weather", arguments: '{"city":"Bern","id":9007199254740993}' },
            },
            { id: "c2", type: "function", function: { name: "get_weather", arguments: "{}" } },
          ],
        },
        { role: "tool", content: "Sunny", tool_call_id: "c1" },
        { role: "tool", content: "Rain", tool_call_id: "c2" },
        { role: "user", content: "And now?" },
      ],
      tools: [{ type: "function", function: WEATHER }],
      tool_choice: { type: "function", function: { name: "get_weather" } },
      parallel_tool_calls: false,
    });
  });

  it("carries every setting that the model takes, and the provider's own", () => {
    const parameters: CompletionRequest["parameters"] = {
      seed: 7,
      reasoning_effort: "high",
      verbosity: "low",
      service_tier: "flex",
      prompt_cache_key: "triage",
      top_k: 5,
      thinking: 2048,
      frequency_penalty: 1,
      provider_options: { openai: { store: true }, anthropic: { container: "x" } },
    };
    expect(toOpenAIRequest(request({ model: "gpt-6-sol", parameters }))).toEqual({
      model: "gpt-6-sol",
      messages: [{ role: "user", content: "Hello" }],
      seed: 7,
      reasoning_effort: "high",
      verbosity: "low",
      service_tier: "flex",
      prompt_cache_key: "triage",
      store: true,
    });
  });

  it.each([
    ["a file by its URL", { type: "file", file: { url: "https://cdn.test/a.pdf" } }],
    ["a recording that is not in the message", { type: "audio", audio: { file_id: "f" } }],
    ["a picture by a file's id", { type: "image", image: { file_id: "f" } }],
  ] as const)("is refused with the place of %s", (what, part) => {
    const messages = [{ role: "user" as const, content: [part] }];
    expect(() => toOpenAIRequest(request({ messages }))).toThrow(
      `messages.0.content.0: OpenAI's chat completions do not take ${what}`,
    );
  });
});

describe("a request of today to Anthropic", () => {
  it("carries blocks, media, calls of tools and their results in one message", () => {
    const model = "claude-sonnet-5-5";
    const body: MessageCreateParamsNonStreaming = toAnthropicRequest(request({ ...RICH, model })).body;
    expect(body).toEqual({
      model,
      max_tokens: 4096,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image", source: { type: "url", url: "https://cdn.test/a.png" } },
            {
              type: "image",
              source: { type: "base64", data: "iVBORw0KGgo=", media_type: "image/png" },
              cache_control: { type: "ephemeral" },
            },
            {
              type: "document",
              source: { type: "base64", data: "JVBERi0=", media_type: "application/pdf" },
              title: "a.pdf",
            },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "c1", name: "get_weather", input: expect.objectContaining({ city: "Bern" }) },
            { type: "tool_use", id: "c2", name: "get_weather", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "c1", content: "Sunny" },
            { type: "tool_result", tool_use_id: "c2", content: "Rain" },
          ],
        },
        { role: "user", content: "And now?" },
      ],
      tools: [{ name: "get_weather", description: "The weather", input_schema: WEATHER.parameters }],
      tool_choice: { type: "tool", name: "get_weather", disable_parallel_tool_use: true },
    });
    expect(JSON.stringify(body)).toContain('"input":{"city":"Bern","id":9007199254740993}');
  });

  it("carries thinking, effort, tier, the provider's own options and its beta header", () => {
    const { body, headers } = toAnthropicRequest(
      request({
        model: "claude-opus-5-5",
        parameters: {
          thinking: 2048,
          reasoning_effort: "minimal",
          service_tier: "standard_only",
          verbosity: "low",
          seed: 1,
          provider_options: { anthropic: { anthropic_beta: ["a", "b"], container: "x" }, openai: { store: true } },
        },
      }),
    );
    expect(body).toEqual({
      model: "claude-opus-5-5",
      max_tokens: 6144,
      messages: [{ role: "user", content: "Hello" }],
      thinking: { type: "enabled", budget_tokens: 2048 },
      output_config: { effort: "low" },
      service_tier: "standard_only",
      container: "x",
    });
    expect(headers).toEqual({ "anthropic-beta": "a,b" });
  });

  it("is refused with the place of what Anthropic does not take", () => {
    const audio = { type: "audio" as const, audio: { data: "AA==", media_type: "audio/wav" } };
    expect(() => toAnthropicRequest(request({ messages: [{ role: "user", content: [audio] }] }))).toThrow(
      "messages.0.content.0: Anthropic does not take audio",
    );
  });
});
