import { describe, expect, it } from "vitest";
import { ChunkReader } from "../../src/providers/openai/stream.ts";
import { StreamedAnswer } from "../../src/domain/completions/streamed-answer.ts";
import { createOpenAIProvider } from "../../src/providers/openai/openai-provider.ts";
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

const BASE_URL = "https://api.openai.com/v1";

function answering(reply: () => Response) {
  const { fetch, sent } = fakeFetch(reply);
  return { provider: createOpenAIProvider({ baseUrl: BASE_URL, fetch, now: () => 0 }), sent };
}

async function stream(reply: () => Response) {
  return await collect(await answering(reply).provider.stream(request({}), call()));
}

const USAGE = { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26, cached_tokens: 0 };
const MODEL = "gpt-4.1-2025-04-14";
const TEXT = { type: "text", text: "Grüße an 🌍!" };
const FINISH = { type: "finish", finish_reason: "stop", usage: USAGE, model: MODEL };
const PARTS = [TEXT, { type: "usage", usage: USAGE, final: true, model: MODEL }, FINISH];

describe("a whole answer from OpenAI", () => {
  it("carries text, finish reason, usage with cached tokens, and the model that answered", async () => {
    const { provider } = answering(() => json(fixture("openai/completion.json")));
    expect(await provider.complete(request({}), call())).toEqual({
      text: "Grüße! 🌍",
      finish_reason: "stop",
      usage: { prompt_tokens: 1219, completion_tokens: 10, total_tokens: 1229, cached_tokens: 1024 },
      model: MODEL,
    });
  });

  it("has the finish reason content_filter and the text of the refusal when the model refuses", async () => {
    const { provider } = answering(() => json(fixture("openai/completion-refusal.json")));
    const answer = await provider.complete(request({}), call());
    expect(answer).toMatchObject({ finish_reason: "content_filter", text: expect.stringContaining("I'm sorry") });
  });

  it.each([
    ["HTML", new Response("<html>Bad gateway</html>", { headers: { "content-type": "text/html" } })],
    ["JSON that is cut off", json('{"choices": [')],
    ["an empty body", json("")],
    ["null", json("null")],
    ["a list", json("[]")],
    ["no choices", json('{"choices": []}')],
    ["a choice that is null", json('{"choices": [null]}')],
    ["no finish reason", json('{"choices": [{"message": {"content": "Hi"}}]}')],
  ])("is a retryable provider_error when a 200 holds %s", async (_what, reply) => {
    const error = await failure(() => answering(() => reply).provider.complete(request({}), call()));
    expect(error).toMatchObject({ code: "provider_error", retryable: true });
  });

  it("joins content that comes as a list of parts", async () => {
    const content = [
      { type: "text", text: "Hello " },
      { type: "text", text: "parts" },
    ];
    const { provider } = answering(() =>
      json(JSON.stringify({ model: "m", choices: [{ message: { content }, finish_reason: "stop" }] })),
    );
    expect(await provider.complete(request({}), call())).toMatchObject({ text: "Hello parts", finish_reason: "stop" });
  });

  it("fails with the tokens that it counts where it has no choice", async () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
    const { provider } = answering(() => json(JSON.stringify({ model: "m", choices: [], usage })));
    const error = await failure(() => provider.complete(request({}), call()));
    expect(error).toMatchObject({ code: "provider_error", retryable: true, stated: { usage, model: "m" } });
  });

  it("becomes the error in the body of a 200", async () => {
    const { provider } = answering(() => json(fixture("openai/error-429.json")));
    expect(await failure(() => provider.complete(request({}), call()))).toMatchObject({ code: "rate_limit_error" });
  });

  it.each([
    ["is missing", {}],
    ["holds negative counts", { usage: { prompt_tokens: -1, completion_tokens: 2 } }],
    ["holds text", { usage: { prompt_tokens: "19", completion_tokens: 2 } }],
  ])("has null usage when the usage %s", async (_what, usage) => {
    const body = { choices: [{ message: { content: "Hi" }, finish_reason: "stop" }], ...usage };
    const { provider } = answering(() => json(JSON.stringify(body)));
    expect(await provider.complete(request({}), call())).toMatchObject({ text: "Hi", usage: null, model: "gpt-4.1" });
  });
});

describe("a stream from OpenAI", () => {
  it("requests usage and sends no unrequested field", async () => {
    const { provider, sent } = answering(() => events("openai/stream.sse"));
    await collect(await provider.stream(request({}), call()));
    expect(sent).toMatchObject([{ url: `${BASE_URL}/chat/completions`, method: "POST" }]);
    expect(sent[0]?.headers["authorization"]).toBe(`Bearer ${CANARY}`);
    expect(sent[0]?.body).toEqual({
      model: "gpt-4.1",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it("yields one part for all text that comes in one piece, and another for the next piece", async () => {
    const bytes = fixture("openai/stream.sse");
    const middle = Buffer.from(bytes).indexOf("data:", Buffer.from(bytes).indexOf(" an"));
    const parts = await stream(() => streamed([bytes.slice(0, middle), bytes.slice(middle)]));
    expect(parts.slice(0, 2)).toEqual(["Grüße an", " 🌍!"].map((text) => ({ type: "text", text })));
  });

  it("yields its text, the usage and then exactly one finish", async () => {
    expect(await stream(() => events("openai/stream.sse"))).toEqual(PARTS);
  });

  it("yields the same parts wherever its bytes are split", async () => {
    const bytes = fixture("openai/stream.sse");
    for (let at = 1; at < bytes.length; at += 1) {
      const parts = await stream(() => streamed([bytes.slice(0, at), bytes.slice(at)]));
      expect(joinTexts(parts), `split at byte ${at}`).toEqual(PARTS);
    }
  });

  it("yields the same parts when every byte comes alone", async () => {
    const bytes = [...fixture("openai/stream.sse")].map((byte) => Uint8Array.of(byte));
    expect(joinTexts(await stream(() => streamed(bytes)))).toEqual(PARTS);
  });

  const lines = (...data: string[]) =>
    streamed([new Uint8Array(Buffer.from(data.map((d) => `data:${d}\n\n`).join("")))]);
  const chunk = (delta: object, finish_reason: string | null) =>
    JSON.stringify({ model: "m", choices: [{ delta, finish_reason }] });
  const finished = { type: "finish", finish_reason: "stop", usage: null, model: "m" };

  it("passes over events without data, which keep a connection open", async () => {
    const whole = () => lines("", chunk({ content: "Hi" }, null), " ", chunk({}, "stop"), "[DONE]");
    expect(await stream(whole)).toEqual([{ type: "text", text: "Hi" }, finished]);
  });

  it("joins deltas whose content is a list of parts", async () => {
    const parts = () => lines(chunk({ content: [{ type: "text", text: "Hi" }] }, null), chunk({}, "stop"));
    expect(await stream(parts)).toEqual([{ type: "text", text: "Hi" }, finished]);
  });

  it("has not ended where each chunk has an empty finish reason", async () => {
    const error = await failure(async () => stream(() => lines(chunk({ content: "Half" }, ""), chunk({}, ""))));
    expect(error).toMatchObject({ code: "provider_error", detail: "openai answered with a stream that broke off." });
  });

  it("does not need [DONE]", async () => {
    expect(await stream(() => events("openai/stream-no-done.sse"))).toEqual(PARTS);
  });

  it("has null usage without the usage chunk", async () => {
    expect((await stream(() => events("openai/stream-no-usage.sse"))).at(-1)).toEqual({ ...FINISH, usage: null });
  });

  it("has the finish reason length at the token limit", async () => {
    expect((await stream(() => events("openai/stream-length.sse"))).at(-1)).toMatchObject({ finish_reason: "length" });
  });

  it("yields a refusal as text with the finish reason content_filter", async () => {
    const parts = await stream(() => events("openai/stream-refusal.sse"));
    expect(parts).toMatchObject([
      { type: "text", text: "I'm sorry, I can't help." },
      { type: "usage" },
      { type: "finish", finish_reason: "content_filter" },
    ]);
  });

  it.each([
    ["breaks off without a finish reason", () => events("openai/stream-truncated.sse"), "provider_error"],
    ["holds JSON that is cut off", () => events("openai/stream-garbage.sse"), "provider_error"],
    ["holds something else than chunks", () => events("openai/stream-not-chunks.sse"), "provider_error"],
    ["reports an error", () => events("openai/stream-error.sse"), "provider_error"],
    ["is empty", () => streamed([]), "provider_error"],
    ["is HTML", () => new Response("<p>", { headers: { "content-type": "text/html" } }), "provider_error"],
    ["is JSON with an error", () => json(fixture("openai/error-429.json")), "rate_limit_error"],
    ["is a whole completion", () => json(fixture("openai/completion.json")), "provider_error"],
  ])("throws a retryable AppError when it %s", async (_what, reply, code) => {
    expect(await failure(() => stream(reply))).toMatchObject({ code, retryable: true });
  });

  it("yields the text before the error", async () => {
    const parts = await answering(() => events("openai/stream-error.sse")).provider.stream(request({}), call());
    const texts: string[] = [];
    const error = await failure(async () => {
      for await (const part of parts) if (part.type === "text") texts.push(part.text);
    });
    expect(texts).toEqual(["Grü"]);
    expect(error.detail).toContain("overloaded with other requests");
  });
});

describe("a stream of several choices", () => {
  it("is whole once each of them has ended", () => {
    const reader = new ChunkReader("m", "openai", 2);
    const end = (index: number) => [...reader.read({ choices: [{ index, delta: {}, finish_reason: "stop" }] })];
    end(0);
    expect(reader.isWhole).toBe(false);
    end(1);
    expect(reader.isWhole).toBe(true);
  });

  it("has the first as its answer, and counts what the others say", () => {
    const reader = new ChunkReader("m", "openai", 2);
    const said = (index: number, content: string) => ({ choices: [{ index, delta: { content } }] });
    const parts = [said(0, "one"), said(1, "uno"), said(0, " two"), said(1, " due")].flatMap((chunk) => [
      ...reader.read(chunk),
    ]);
    expect(parts.map((part) => "text" in part && [part.type, part.text])).toEqual([
      ["text", "one"],
      ["unread", "uno"],
      ["text", " two"],
      ["unread", " due"],
    ]);
    const answer = new StreamedAnswer("m");
    for (const part of parts) answer.add(part);
    expect(answer.seen()).toMatchObject({ text: "one two", thinking_tokens: 2 });
  });
});
