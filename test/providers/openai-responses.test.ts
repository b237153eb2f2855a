import type {
  Response as OpenAIResponse,
  ResponseOutputItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import type { CompletionRequest, StreamPart } from "../../src/domain/completions/completion.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
import { call, collect, failure, fakeFetch, json, request, streamed } from "./wire-fixtures.ts";

const WEATHER = { name: "get_weather", description: "The weather", parameters: { type: "object", properties: {} } };
const MODEL = "gpt-6-sol";
const WITH_TOOLS = { model: MODEL, tools: [WEATHER] };

const MESSAGE = {
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Grüße! 🌍", annotations: [] }],
} satisfies ResponseOutputItem;
const REFUSAL = {
  ...MESSAGE,
  content: [{ type: "refusal", refusal: "I can't help." }],
} satisfies ResponseOutputItem;
const REASONING = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "First." },
    { type: "summary_text", text: "Second." },
  ],
} satisfies ResponseOutputItem;
const CALL = {
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "get_weather",
  arguments: '{"id":9007199254740993}',
  status: "completed",
} satisfies ResponseOutputItem;
const USAGE = {
  input_tokens: 1200,
  input_tokens_details: {
    cached_tokens: 1000,
    cache_write_tokens: 100,
    cache_write_tokens_details: { ttl_12h_tokens: 40, ttl_30m_tokens: 60 },
  },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 1250,
};
const COUNTED = {
  prompt_tokens: 1200,
  completion_tokens: 50,
  total_tokens: 1250,
  cached_tokens: 1000,
  cache_write_tokens: 100,
  cache_write_1h_tokens: 40,
  reasoning_tokens: 20,
};

const whole = (changes: Partial<OpenAIResponse> = {}): Partial<OpenAIResponse> => ({
  id: "resp_1",
  object: "response",
  created_at: 0,
  model: "gpt-6-sol",
  status: "completed",
  error: null,
  incomplete_details: null,
  output: [MESSAGE],
  usage: USAGE,
  service_tier: "default",
  ...changes,
});

function answering(reply: () => Response) {
  const { fetch, sent } = fakeFetch(reply);
  return { provider: createOpenAIProvider({ baseUrl: "https://api.openai.com/v1", fetch, now: () => 0 }), sent };
}
const complete = async (body: object, changes: Partial<CompletionRequest> = {}) =>
  answering(() => json(JSON.stringify(body))).provider.complete(request({ ...WITH_TOOLS, ...changes }), call());

type Event = {
  [Type in ResponseStreamEvent["type"]]: Partial<Extract<ResponseStreamEvent, { type: Type }>>;
}[ResponseStreamEvent["type"]];
const sse = (events: readonly Event[]) =>
  new Uint8Array(
    Buffer.from(
      events
        .map((event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`)
        .join(""),
    ),
  );
const stream = async (events: readonly Event[]): Promise<StreamPart[]> =>
  collect(await answering(() => streamed([sse(events)])).provider.stream(request(WITH_TOOLS), call()));

describe("a whole response", () => {
  it("comes from /responses where the request needs that, and from /chat/completions otherwise", async () => {
    const { provider, sent } = answering(() => json(JSON.stringify(whole())));
    await provider.complete(request(WITH_TOOLS), call());
    await failure(() => provider.complete(request({ model: MODEL }), call()));
    expect(sent.map(({ url }) => url.slice("https://api.openai.com/v1".length))).toEqual([
      "/responses",
      "/chat/completions",
    ]);
  });

  it("carries text, calls, reasoning, usage of every kind, the model and its id", async () => {
    const answer = whole({ output: [REASONING, MESSAGE, CALL], service_tier: "flex" });
    expect(await complete(answer)).toEqual({
      text: "Grüße! 🌍",
      reasoning: "First.\n\nSecond.",
      reasoning_blocks: [{ type: "reasoning", id: "rs_1", summary: ["First.", "Second."] }],
      tool_calls: [{ id: "call_1", name: "get_weather", arguments: '{"id":9007199254740993}' }],
      finish_reason: "tool_calls",
      usage: { ...COUNTED, service_tier: "flex" },
      model: MODEL,
      response_id: "resp_1",
    });
  });

  it.each([
    ["a refusal", { output: [REFUSAL] }, "content_filter", "I can't help."],
    ["the token limit", { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "length", "Grü"],
    ["a filter", { status: "incomplete", incomplete_details: { reason: "content_filter" } }, "content_filter", "Grü"],
    ["another reason", { status: "incomplete", incomplete_details: { reason: "max_messages" } }, "other", "Grü"],
  ] as const)("ends with %s", async (_what, changes, finish_reason, text) => {
    const answer = await complete(whole(changes as unknown as Partial<OpenAIResponse>));
    expect(answer).toMatchObject({ finish_reason, text: expect.stringContaining(text) });
  });

  it("counts searches at their price, and other tools of the provider as uses without one", async () => {
    const search = (type: string) =>
      ({ type: "web_search_call", id: "ws", status: "completed", action: { type } }) as unknown as ResponseOutputItem;
    const file = { type: "file_search_call", id: "fs", status: "completed", queries: [] } satisfies ResponseOutputItem;
    const output = [search("search"), search("open_page"), file, MESSAGE];
    expect((await complete(whole({ output }))).usage).toMatchObject({ web_searches: 1, unpriced_uses: 1 });
    const stated = { web_search: { num_requests: 3 } } as OpenAIResponse["tool_usage"];
    expect((await complete(whole({ output, tool_usage: stated }))).usage).toMatchObject({ web_searches: 3 });
    const preview = whole({ output, tools: [{ type: "web_search_preview" }] });
    expect((await complete(preview)).usage).toEqual({ ...COUNTED, unpriced_uses: 2 });
  });

  it.each([
    ["server_error", "provider_error", true],
    ["rate_limit_exceeded", "rate_limit_error", true],
    ["invalid_prompt", "provider_error", false],
    ["image_too_large", "provider_error", false],
  ] as const)("that failed with %s is a %s with the tokens that it counts", async (code, error, retryable) => {
    const failed = whole({ status: "failed", output: [], error: { code, message: "It failed." } });
    expect(await failure(async () => complete(failed))).toMatchObject({
      code: error,
      retryable,
      detail: expect.stringContaining("It failed."),
      stated: { usage: COUNTED, model: MODEL },
    });
  });

  it.each([
    ["no output", { output: undefined }],
    ["an output that is no list", { output: {} }],
    ["a status that is no end", { status: "in_progress" }],
  ])("with %s is a retryable provider_error with the tokens that it counts", async (_what, changes) => {
    expect(await failure(async () => complete({ ...whole(), ...changes }))).toMatchObject({
      code: "provider_error",
      retryable: true,
      stated: { usage: COUNTED },
    });
  });

  it("of another account is one that another key may have", async () => {
    const error = { message: "Previous response with id 'resp_0' not found.", code: "previous_response_not_found" };
    const { provider } = answering(() => json(JSON.stringify({ error }), { status: 400 }));
    const thrown = await failure(() => provider.complete(request(WITH_TOOLS), call()));
    expect(thrown).toMatchObject({ fact: "other_account", retryable: false, unbilled: true });
  });
});

const ended = (changes: Partial<OpenAIResponse>, type: "completed" | "incomplete" | "failed" = "completed"): Event => ({
  type: `response.${type}`,
  response: whole(changes) as OpenAIResponse,
});
const text = (delta: string): Event => ({ type: "response.output_text.delta", delta });
const CREATED: Event = { type: "response.created", response: whole({ status: "in_progress" }) as OpenAIResponse };

describe("a streamed response", () => {
  it("yields reasoning, text, calls and one finish with the usage", async () => {
    const parts = await stream([
      CREATED,
      { type: "response.reasoning_summary_part.added", summary_index: 0 },
      { type: "response.reasoning_summary_text.delta", delta: "First." },
      { type: "response.reasoning_summary_part.added", summary_index: 1 },
      { type: "response.reasoning_summary_text.delta", delta: "Second." },
      text("Grü"),
      text("ße"),
      { type: "response.function_call_arguments.delta", delta: '{"id":' },
      { type: "response.output_item.done", item: CALL },
      ended({ service_tier: "priority" }),
    ]);
    const usage = { ...COUNTED, service_tier: "priority" };
    expect(parts).toEqual([
      { type: "reasoning", text: "First.\n\nSecond." },
      { type: "text", text: "Grüße" },
      {
        type: "tool_call",
        index: 0,
        call: { id: "call_1", name: "get_weather", arguments: '{"id":9007199254740993}' },
      },
      { type: "usage", usage, final: true, model: MODEL },
      { type: "finish", finish_reason: "tool_calls", usage, model: MODEL, response_id: "resp_1" },
    ]);
  });

  it("yields a refusal as text with the finish reason content_filter", async () => {
    const parts = await stream([CREATED, { type: "response.refusal.delta", delta: "No." }, ended({})]);
    expect(parts).toMatchObject([
      { type: "text", text: "No." },
      { type: "usage" },
      { type: "finish", finish_reason: "content_filter" },
    ]);
  });

  it("has the finish reason length where it is incomplete for its limit", async () => {
    const last = ended({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } }, "incomplete");
    expect((await stream([text("Half"), last])).at(-1)).toMatchObject({ type: "finish", finish_reason: "length" });
  });

  it("is over with its last event, and the connection is given up", async () => {
    let isCancelled = false;
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(sse([text("Hi"), ended({})])),
      cancel: () => void (isCancelled = true),
    });
    const reply = () => new Response(open, { headers: { "content-type": "text/event-stream" } });
    const parts = await collect(await answering(reply).provider.stream(request(WITH_TOOLS), call()));
    expect(parts.at(-1)).toMatchObject({ type: "finish", finish_reason: "stop" });
    expect(isCancelled).toBe(true);
  });

  const failed = ended({ status: "failed", error: { code: "server_error", message: "Oh." } }, "failed");
  const stated = { type: "usage", final: true, usage: COUNTED, model: MODEL };
  const reported: Event = { type: "error", code: "rate_limit_exceeded", message: "Oh." };

  it.each([
    ["fails", [failed], [stated], "provider_error"],
    ["reports an error", [reported], [], "rate_limit_error"],
    ["breaks off", [], [], "provider_error"],
  ] as const)("yields what it said and counted before it %s", async (_what, last, counted, code) => {
    const reply = () => streamed([sse([CREATED, text("Half"), ...last])]);
    const parts = await answering(reply).provider.stream(request(WITH_TOOLS), call());
    const seen: StreamPart[] = [];
    const error = await failure(async () => {
      for await (const part of parts) seen.push(part);
    });
    expect(seen).toEqual([{ type: "text", text: "Half" }, ...counted]);
    expect(error).toMatchObject({ code, retryable: true });
  });
});
