import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { type MockProvider, type Profile, startMockProvider } from "../../load/mock/mock-provider.ts";
import type { CompletionRequest, StreamPart } from "../../src/domain/completions/completion.ts";
import type { AppError } from "../../src/domain/errors.ts";
import { createEgressFetch } from "../../src/providers/egress.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import type { Provider } from "../../src/providers/provider.ts";
import { call, collect, failure, request } from "./wire-fixtures.ts";

const WEATHER = { name: "get_weather", parameters: { type: "object" } };
const CALLS = [
  { name: "get_weather", arguments: { city: "Bern" } },
  { name: "get_weather", arguments: { city: "Chur" } },
];

let mock: MockProvider;
let provider: Provider;

beforeAll(async () => {
  mock = await startMockProvider({ unref: true });
  const egress = createEgressFetch({ allowedOrigins: [mock.url], fetch });
  provider = createOpenAIProvider({ baseUrl: mock.openaiBaseUrl, fetch: egress });
});
beforeEach(() => mock.reset());
afterAll(() => mock.close());

const ask = (profile: Profile, changes: Partial<CompletionRequest> = {}): CompletionRequest => {
  const messages = [{ role: "user" as const, content: `Hello [[mock:${JSON.stringify(profile)}]]` }];
  return request({ model: "gpt-6-luna", messages, tools: [WEATHER], reasoning: true, ...changes });
};
const paths = () => mock.calls().map(({ path }) => path);

/** What a stream says before its end or its error. */
async function drain(asked: CompletionRequest): Promise<StreamPart[]> {
  const parts: StreamPart[] = [];
  const stream = await provider.stream(asked, call());
  await failure(async () => {
    for await (const part of stream) parts.push(part);
  });
  return parts;
}

describe("a model that reasons and has tools, over HTTP", () => {
  const profile: Profile = {
    answer: "Let me look. 🌍",
    tool_calls: CALLS,
    reasoning: "Hm.",
    usage_parts: { reasoning: 5 },
  };
  const tool_calls = CALLS.map(({ name, arguments: given }) => ({
    id: expect.stringMatching(/^call_/),
    name,
    arguments: JSON.stringify(given),
  }));

  it("answers whole", async () => {
    expect(await provider.complete(ask(profile), call())).toMatchObject({
      text: "Let me look. 🌍",
      tool_calls,
      reasoning: "Hm.",
      finish_reason: "tool_calls",
      usage: { reasoning_tokens: 5, prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
      model: "gpt-6-luna",
      limits: {},
    });
    expect(paths()).toEqual(["/v1/responses"]);
  });

  it("answers streamed, wherever its bytes are cut", async () => {
    const parts = await collect(await provider.stream(ask({ ...profile, chunk_bytes: 7 }), call()));
    const textOf = (type: "text" | "reasoning") => parts.map((part) => (part.type === type ? part.text : "")).join("");
    expect([textOf("reasoning"), textOf("text")]).toEqual(["Hm.", "Let me look. 🌍"]);
    expect(parts.filter(({ type }) => type === "tool_call")).toMatchObject(
      tool_calls.map((each, index) => ({ index, call: each })),
    );
    expect(parts.at(-1)).toMatchObject({ type: "finish", finish_reason: "tool_calls", usage: { reasoning_tokens: 5 } });
  });

  it("takes the conversation with the results of its calls", async () => {
    const messages: CompletionRequest["messages"] = [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "Where?" },
          { type: "image", image: { url: "https://c.test/a.png" } },
        ],
      },
      { role: "assistant", content: "", tool_calls: [{ id: "c1", name: "get_weather", arguments: "{}" }] },
      { role: "tool", tool_call_id: "c1", content: "Sunny" },
      { role: "assistant", content: "It is sunny." },
      { role: "user", content: "And now?" },
    ];
    const parameters: CompletionRequest["parameters"] = {
      reasoning_effort: "high",
      verbosity: "low",
      max_tokens: 500,
      seed: 7,
      provider_options: { openai: { metadata: { team: "a" }, tools: [{ type: "web_search" }], include: [] } },
    };
    const output_schema = {
      type: "object",
      properties: { a: { type: "string" } },
      required: ["a"],
      additionalProperties: false,
    };
    const answer = await provider.complete(ask({}, { messages, parameters, output_schema, user: "u" }), call());
    expect(answer).toMatchObject({ finish_reason: "stop", text: expect.stringContaining('{"a":') });
  });

  it("refuses, and reaches its limit", async () => {
    const refusal = ask({ answer: "I can't.", refusal: true });
    expect(await provider.complete(refusal, call())).toMatchObject({
      finish_reason: "content_filter",
      text: "I can't.",
    });
    expect((await collect(await provider.stream(refusal, call()))).at(-1)).toMatchObject({
      finish_reason: "content_filter",
    });
    const short = ask({}, { parameters: { max_tokens: 16 } });
    expect(await provider.complete(short, call())).toMatchObject({ finish_reason: "length" });
  });
});

describe("a fault of Responses, over HTTP", () => {
  it.each(["truncate", "cut_stream", "garbage_json", "error_in_200"] as const)(
    "%s throws a retryable error: of a whole answer, and of a stream after what it said",
    async (fault) => {
      const asked = ask({ fault, answer: "one two three four five six", reasoning: "Hm." });
      expect(await failure(() => provider.complete(asked, call()))).toMatchObject({
        code: "provider_error",
        retryable: true,
      });
      const parts = await drain(asked);
      expect(parts.filter(({ type }) => type === "text").length).toBeGreaterThan(0);
      expect(parts.some(({ type }) => type === "finish")).toBe(false);
    },
  );

  it("html throws a retryable error, and missing_usage leaves the usage open", async () => {
    expect(await failure(() => provider.stream(ask({ fault: "html" }), call()))).toMatchObject({ retryable: true });
    expect(await provider.complete(ask({ fault: "missing_usage" }), call())).toMatchObject({ usage: null });
  });

  it.each([
    [429, "rate_limit_error", true],
    [400, "provider_error", false],
    [401, "provider_error", true],
    [503, "provider_overloaded", true],
  ])("%i is the same as in chat completions", async (status, code, retryable) => {
    const asked = ask({ status });
    const of = async (changes: Partial<CompletionRequest>) =>
      failure(() => provider.complete({ ...asked, ...changes }, call()));
    const [ofResponses, ofChat] = [await of({}), await of({ tools: [] })];
    expect(ofResponses).toMatchObject({ code, retryable });
    const told = ({ detail, fact, unbilled }: AppError) => ({ detail, fact, unbilled });
    expect(told(ofResponses)).toEqual(told(ofChat));
    expect(paths()).toEqual(["/v1/responses", "/v1/chat/completions"]);
  });
});

describe("an upstream", () => {
  it("is called through Responses where the request says so, and by default through chat completions", async () => {
    const egress = createEgressFetch({ allowedOrigins: [mock.url], fetch });
    const upstream = createOpenAIProvider({ baseUrl: mock.compatibleBaseUrl, fetch: egress }, "llm");
    const asked = ask({ answer: "Hi" }, { provider: "llm", model: "Some/Model" });
    await upstream.complete(asked, call());
    const parameters = { provider_options: { openai: { api: "responses" } } };
    expect(await upstream.complete({ ...asked, parameters }, call())).toMatchObject({
      text: "Hi",
      finish_reason: "stop",
    });
    expect(paths()).toEqual(["/compatible/v1/chat/completions", "/compatible/v1/responses"]);
  });
});
