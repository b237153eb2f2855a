import type Anthropic from "@anthropic-ai/sdk";
import {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";

import type { Profile } from "../../load/mock/mock-provider.ts";
import {
  anthropicText,
  drain,
  type DrainedStream,
  marked,
  mockForTests,
  openaiText,
  whenSettled,
} from "./mock-clients.ts";

const { mock, openai, anthropic } = await mockForTests();

function ask(profile: Profile, options?: OpenAI.RequestOptions): Promise<OpenAI.ChatCompletion> {
  const messages = [{ role: "user" as const, content: marked(profile) }];
  return openai.chat.completions.create({ model: "gpt-4o", messages }, options);
}

async function askStream(profile: Profile, signal?: AbortSignal): Promise<DrainedStream<OpenAI.ChatCompletionChunk>> {
  const stream = await openai.chat.completions.create(
    {
      model: "gpt-4o",
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: marked(profile) }],
    },
    { signal },
  );
  return drain(stream);
}

async function messageStream(profile: Profile): Promise<DrainedStream<Anthropic.RawMessageStreamEvent>> {
  const messages = [{ role: "user" as const, content: marked(profile) }];
  return drain(await anthropic.messages.create({ model: "claude", max_tokens: 500, messages, stream: true }));
}

function message(profile: Profile): Promise<Anthropic.Message> {
  const messages = [{ role: "user" as const, content: marked(profile) }];
  return anthropic.messages.create({ model: "claude", max_tokens: 500, messages });
}

function rawResponse(profile: Profile, stream = false): Promise<Response> {
  const messages = [{ role: "user" as const, content: marked(profile) }];
  return openai.chat.completions.create({ model: "m", stream, messages }).asResponse();
}

describe("an error status", () => {
  it.each([
    [400, BadRequestError, null],
    [401, AuthenticationError, "invalid_api_key"],
    [403, PermissionDeniedError, "unsupported_country_region_territory"],
    [404, NotFoundError, "model_not_found"],
    [429, RateLimitError, "rate_limit_exceeded"],
    [500, InternalServerError, null],
    [503, InternalServerError, null],
  ])("%i becomes OpenAI's typed error", async (status, type, code) => {
    const error: unknown = await ask({ status }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, code, requestID: mock.calls()[0]?.request_id });
  });

  it.each([
    [400, "invalid_request_error"],
    [401, "authentication_error"],
    [403, "permission_error"],
    [404, "not_found_error"],
    [429, "rate_limit_error"],
    [500, "api_error"],
    [529, "overloaded_error"],
  ])("%i becomes Anthropic's %s", async (status, type) => {
    const error: unknown = await message({ status }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status, type, requestID: mock.calls()[0]?.request_id });
  });

  it.each(["7", "Wed, 21 Oct 2037 07:28:00 GMT", "soon, -1e99"])("sends retry-after %j verbatim", async (after) => {
    const error: unknown = await ask({ status: 429, retry_after: after, retry_after_ms: 12 }).catch(
      (thrown: unknown) => thrown,
    );
    const headers = error instanceof APIError ? error.headers : undefined;
    expect([headers?.get("retry-after"), headers?.get("retry-after-ms")]).toEqual([after, "12"]);
  });

  it("can be the error of an exhausted quota", async () => {
    await expect(ask({ status: 429, error_code: "insufficient_quota" })).rejects.toMatchObject({
      code: "insufficient_quota",
      type: "insufficient_quota",
    });
  });
});

describe("a broken stream", () => {
  it("ends in the middle with a destroyed socket", async () => {
    const { parts, error } = await askStream({ fault: "cut_stream" });
    expect(openaiText(parts)).toMatch(/^\[mock gpt-4o\] /);
    expect(error?.message).toMatch(/terminated/);
    await whenSettled(mock);
    expect(mock.calls()).toMatchObject([{ status: 200, fault: "cut_stream", client_left: false }]);
  });

  it("ends without finish reason, usage or end mark with truncate", async () => {
    const { parts, error } = await askStream({ fault: "truncate" });
    expect(error).toBeUndefined();
    expect(parts.some((part) => part.choices[0]?.finish_reason !== null)).toBe(false);
    const events = await messageStream({ fault: "truncate" });
    expect(anthropicText(events.parts)).not.toBe("");
    expect(events.parts.some((event) => event.type === "message_delta" || event.type === "message_stop")).toBe(false);
  });

  it("lacks only the end mark with no_done", async () => {
    const { parts } = await messageStream({ fault: "no_done" });
    expect(parts.at(-1)?.type).toBe("message_delta");
    const response = await rawResponse({ fault: "no_done" }, true);
    const text = await response.text();
    expect(text).toContain('"finish_reason":"stop"');
    expect(text).not.toContain("[DONE]");
  });

  it("has an event in its middle that is not JSON with garbage_json", async () => {
    const openaiStream = await askStream({ fault: "garbage_json" });
    expect(openaiStream.error).toBeInstanceOf(SyntaxError);
    expect(openaiText(openaiStream.parts)).not.toBe("");
    expect((await messageStream({ fault: "garbage_json" })).error).toBeInstanceOf(SyntaxError);
  });

  it("has an error in its middle after a 200 with error_in_200", async () => {
    const openaiStream = await askStream({ fault: "error_in_200" });
    expect(openaiText(openaiStream.parts)).not.toBe("");
    expect(openaiStream.error).toMatchObject({ type: "server_error" });
    expect((await messageStream({ fault: "error_in_200" })).error).toMatchObject({ type: "overloaded_error" });
  });

  it("hangs in the middle until the client leaves, and the log has only the tokens that were sent", async () => {
    const controller = new AbortController();
    const stream = await openai.chat.completions.create(
      { model: "gpt-4o", stream: true, messages: [{ role: "user", content: marked({ fault: "hang_mid_stream" }) }] },
      { signal: controller.signal },
    );
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      const { completion_tokens: sent = 0 } = mock.calls()[0] ?? {};
      if (sent > 0 && Math.ceil(Buffer.byteLength(text) / 4) === sent) controller.abort();
    }
    await whenSettled(mock);
    expect(mock.calls()).toMatchObject([{ client_left: true, status: 200, ended_at: expect.any(Number) }]);
  });
});

describe("a broken body", () => {
  it("never arrives where the call hangs before the headers", async () => {
    const controller = new AbortController();
    const call = ask({ fault: "hang_before_headers" }, { signal: controller.signal });
    while (mock.calls().length === 0) await new Promise((resolve) => void setImmediate(resolve));
    controller.abort();
    await expect(call).rejects.toBeInstanceOf(APIUserAbortError);
    await whenSettled(mock);
    expect(mock.calls()).toMatchObject([{ client_left: true, status: null, completion_tokens: 0 }]);
  });

  it.each(["truncate", "garbage_json", "cut_stream"] as const)("is invalid with %s", async (fault) => {
    await expect(ask({ fault })).rejects.toThrow(/JSON|terminated|Connection error|Premature/);
  });

  it("is an HTML page with status 200, or with the profile's status", async () => {
    const response = await rawResponse({ fault: "html" });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html"]);
    expect(await response.text()).toContain("502 Bad Gateway");
    await expect(rawResponse({ fault: "html", status: 502 })).rejects.toMatchObject({ status: 502 });
  });

  it("is an error with status 200 with error_in_200", async () => {
    expect(await ask({ fault: "error_in_200" })).toMatchObject({ error: { type: "server_error" } });
    expect(await message({ fault: "error_in_200" })).toMatchObject({ error: { type: "overloaded_error" } });
  });

  it("has no usage or a false one, while the log has the true tokens", async () => {
    expect((await ask({ fault: "missing_usage" })).usage).toBeUndefined();
    expect((await ask({ fault: "wrong_usage" })).usage).toMatchObject({ prompt_tokens: 0, total_tokens: 1 });
    expect((await message({ fault: "wrong_usage", usage: { completion_tokens: -5 } })).usage.output_tokens).toBe(-5);
    const events = await messageStream({ fault: "missing_usage" });
    expect(events.parts.some((event) => "usage" in event)).toBe(false);
    const counted = mock.calls().map((call) => call.prompt_tokens > 0 && call.completion_tokens > 0);
    expect(counted).toEqual([true, true, true, true]);
  });

  it.each([false, true])("is huge and complete with huge (streaming: %s)", async (stream) => {
    const size = 4 * 2 ** 20;
    const response = await rawResponse({ fault: "huge", huge_bytes: size }, stream);
    const text = await response.text();
    expect(text.split("x").length).toBeGreaterThan(size);
    expect(text.endsWith(stream ? "data: [DONE]\n\n" : "}")).toBe(true);
    expect(mock.calls()[0]?.completion_tokens).toBe(size / 4);
  });

  it("streams an unbounded body at the client's pace with huge", async () => {
    const response = await rawResponse({ fault: "huge" });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await whenSettled(mock);
    const [call] = mock.calls();
    expect(call?.client_left).toBe(true);
    expect((call?.completion_tokens ?? Infinity) * 4).toBeLessThan(64 * 2 ** 20);
  });
});

describe("a slow or split answer", () => {
  it.each([1, 7, 1_000])("has the same text where the stream is cut into chunks of %i bytes", async (size) => {
    const content = "é漢🚀".repeat(5);
    const plain = await openai.chat.completions.create({
      model: "m",
      max_tokens: 40,
      messages: [{ role: "user", content }],
    });
    const stream = await openai.chat.completions.create({
      model: "m",
      max_tokens: 40,
      stream: true,
      messages: [{ role: "user", content: `${content} ${marked({ chunk_bytes: size }, "")}` }],
    });
    expect(openaiText((await drain(stream)).parts)).toBe(plain.choices[0]?.message.content);
  });

  it("sends its chunks one by one", async () => {
    const response = await rawResponse({ chunk_bytes: 5, answer: "漢字" }, true);
    const sizes = new Map<number, number>();
    for await (const chunk of response.body ?? []) {
      sizes.set(chunk.byteLength, (sizes.get(chunk.byteLength) ?? 0) + 1);
    }
    expect(sizes.get(5)).toBeGreaterThan(50);
  });

  it("is delayed before the headers, before the first token and between tokens", async () => {
    const start = performance.now();
    const { parts } = await askStream({
      delay_ms: 20,
      ttft_ms: 20,
      tokens_per_s: 250,
      answer: "four and a little more",
    });
    expect(performance.now() - start).toBeGreaterThan(50);
    expect(openaiText(parts)).toBe("four and a little more");
    await ask({ tokens_per_s: 250, answer: "x".repeat(40) });
    const [, whole] = mock.calls();
    expect((whole?.ended_at ?? 0) - (whole?.at ?? 0)).toBeGreaterThanOrEqual(35);
  });
});
