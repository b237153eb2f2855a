import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/domain/completions/tools.ts";
import { createAnthropicProvider } from "../../src/providers/anthropic/anthropic-provider.ts";
import { joinTexts } from "../../src/providers/join-texts.ts";
import {
  call,
  CANARY,
  collect,
  events,
  failure,
  fakeFetch,
  fixture,
  json,
  request,
  streamed,
} from "./wire-fixtures.ts";

const BASE_URL = "https://api.anthropic.com";
const asked = request({ provider: "anthropic", model: "claude-haiku-4-5" });

function answering(reply: () => Response) {
  const { fetch, sent } = fakeFetch(reply);
  return { provider: createAnthropicProvider({ baseUrl: BASE_URL, fetch, now: () => 0 }), sent };
}

async function stream(reply: () => Response) {
  return await collect(await answering(reply).provider.stream(asked, call()));
}

const USAGE = {
  prompt_tokens: 2125,
  completion_tokens: 15,
  total_tokens: 2140,
  cached_tokens: 2000,
  cache_write_tokens: 100,
};
const MODEL = "claude-haiku-4-5-20251001";
const FINISH = { type: "finish", finish_reason: "stop", usage: USAGE, model: MODEL };
const STATED = { ...USAGE, completion_tokens: 1, total_tokens: 2126 };
const PARTS = [
  { type: "usage", usage: STATED, final: false, model: MODEL },
  { type: "text", text: "Grüße" },
  { type: "reasoning", text: "hm" },
  { type: "text", text: " an 🌍!" },
  { type: "usage", usage: USAGE, final: true, model: MODEL },
  FINISH,
];

describe("a whole answer from Anthropic", () => {
  it("joins the text blocks, keeps thinking apart, and counts cached and written tokens as prompt tokens", async () => {
    const { provider } = answering(() => json(fixture("anthropic/message.json")));
    expect(await provider.complete(asked, call())).toEqual({
      text: "Grüße! 🌍",
      reasoning: "A greeting.",
      reasoning_blocks: [{ type: "thinking", thinking: "A greeting.", signature: "EqQBCgIYAhIM" }],
      finish_reason: "stop",
      usage: {
        prompt_tokens: 2009,
        completion_tokens: 10,
        total_tokens: 2019,
        cached_tokens: 1800,
        cache_write_tokens: 188,
      },
      model: MODEL,
    });
  });

  it("has the finish reason content_filter and the explanation when the model refuses", async () => {
    const { provider } = answering(() => json(fixture("anthropic/message-refusal.json")));
    expect(await provider.complete(asked, call())).toMatchObject({
      finish_reason: "content_filter",
      text: "This request could enable cyber harm.",
    });
  });

  it("keeps the digits and the order in the input of a tool", async () => {
    const input = '{"2":9007199254740993,"1":[12345678901234567890,1.5]}';
    const body = `{"content":[{"type":"tool_use","id":"t1","name":"f","input":${input}}],"stop_reason":"tool_use","model":"m"}`;
    const { provider } = answering(() => json(body));
    const { tool_calls } = await provider.complete(asked, call());
    expect(tool_calls).toEqual([{ id: "t1", name: "f", arguments: input }]);
    expect(JSON.stringify(parseArguments(input))).toBe(input);
  });

  it.each([
    ["HTML", new Response("<html>Bad gateway</html>", { headers: { "content-type": "text/html" } })],
    ["JSON that is cut off", json('{"content": [')],
    ["an empty body", json("")],
    ["null", json("null")],
    ["no content", json('{"stop_reason": "end_turn"}')],
    ["no stop reason", json('{"content": [null]}')],
  ])("is a retryable provider_error when a 200 holds %s", async (_what, reply) => {
    const error = await failure(() => answering(() => reply).provider.complete(asked, call()));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
  });

  it("becomes the error in the body of a 200", async () => {
    const { provider } = answering(() => json(fixture("anthropic/error-529.json")));
    expect(await failure(() => provider.complete(asked, call()))).toMatchObject({ code: "provider_overloaded" });
  });

  it("has null usage when the usage is missing", async () => {
    const body = JSON.stringify({ content: [{ type: "text", text: "Hi" }], stop_reason: "pause_turn" });
    expect(await answering(() => json(body)).provider.complete(asked, call())).toEqual({
      text: "Hi",
      finish_reason: "other",
      usage: null,
      model: "claude-haiku-4-5",
    });
  });
});

describe("a stream from Anthropic", () => {
  it("is requested at /v1/messages with the SDK's API version", async () => {
    const { provider, sent } = answering(() => events("anthropic/stream.sse"));
    await collect(await provider.stream(asked, call()));
    expect(sent).toMatchObject([{ url: `${BASE_URL}/v1/messages`, method: "POST" }]);
    expect(sent[0]?.headers).toMatchObject({ authorization: `Bearer ${CANARY}`, "anthropic-version": "2026-10-21" });
    expect(sent[0]?.body).toEqual({
      model: "claude-haiku-4-5",
      max_tokens: 4096,
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
  });

  it("yields its text, what it counts and thinks, and then exactly one finish, without pings", async () => {
    expect(await stream(() => events("anthropic/stream.sse"))).toEqual(PARTS);
  });

  it("yields the same parts wherever its bytes are split", async () => {
    const bytes = fixture("anthropic/stream.sse");
    for (let at = 1; at < bytes.length; at += 1) {
      const parts = await stream(() => streamed([bytes.slice(0, at), bytes.slice(at)]));
      expect(joinTexts(parts), `split at byte ${at}`).toEqual(PARTS);
    }
  });

  it("ends at message_stop, even if the connection stays open", async () => {
    let cancelled = false;
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(fixture("anthropic/stream.sse")),
      cancel: () => void (cancelled = true),
    });
    const reply = new Response(open, { headers: { "content-type": "text/event-stream" } });
    expect((await stream(() => reply)).at(-1)).toEqual(FINISH);
    expect(cancelled).toBe(true);
  });

  it("does not need message_stop, because the stop reason says that the answer is whole", async () => {
    expect(await stream(() => events("anthropic/stream-no-stop.sse"))).toEqual(PARTS);
  });

  it("keeps the input that it stated first where its last count says 0", async () => {
    const event = (value: { type: string; [field: string]: unknown }) =>
      `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
    const usage = { input_tokens: 100, cache_read_input_tokens: 7, output_tokens: 1 };
    const said = [
      event({ type: "message_start", message: { model: "m", usage } }),
      event({
        type: "message_delta",
        delta: { stop_reason: "end_turn" },
        usage: { input_tokens: 0, output_tokens: 20 },
      }),
      event({ type: "message_stop" }),
    ];
    const parts = await stream(() => streamed([new Uint8Array(Buffer.from(said.join("")))]));
    expect(parts.at(-1)).toMatchObject({ usage: { prompt_tokens: 107, completion_tokens: 20, cached_tokens: 7 } });
  });

  it("has null usage without the final count", async () => {
    const parts = await stream(() => events("anthropic/stream-no-usage.sse"));
    expect(parts.at(-1)).toEqual({ ...FINISH, finish_reason: "length", usage: null });
  });

  it("yields the explanation of a refusal as text with the finish reason content_filter", async () => {
    const parts = await stream(() => events("anthropic/stream-refusal.sse"));
    expect(parts.filter(({ type }) => type !== "usage")).toMatchObject([
      { type: "text", text: "This request could enable cyber harm." },
      { type: "finish", finish_reason: "content_filter" },
    ]);
  });

  it.each([
    ["breaks off amid the text", () => events("anthropic/stream-truncated.sse"), "provider_error"],
    ["holds JSON that is cut off", () => events("anthropic/stream-garbage.sse"), "provider_error"],
    ["holds something else than events", () => events("anthropic/stream-not-events.sse"), "provider_error"],
    ["reports an overload", () => events("anthropic/stream-error.sse"), "provider_overloaded"],
    ["is empty", () => streamed([]), "provider_error"],
    ["is HTML", () => new Response("<p>", { headers: { "content-type": "text/html" } }), "provider_error"],
    ["is JSON with an error", () => json(fixture("anthropic/error-529.json")), "provider_overloaded"],
    ["is JSON that is cut off", () => json("{"), "provider_error"],
  ])("throws a retryable AppError when it %s", async (_what, reply, code) => {
    expect(await failure(() => stream(reply))).toMatchObject({ code, retryable: true });
  });
});
