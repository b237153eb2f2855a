import type Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";

import { anthropicText, drain, KEY, mockForTests, openaiText } from "./mock-clients.ts";

const { mock, openai, anthropic } = await mockForTests();

const MESSAGES = [{ role: "user" as const, content: "What is an edge runtime? 漢字" }];
const SCHEMA = {
  type: "object",
  properties: { title: { type: "string" }, score: { type: "integer", minimum: 3 } },
  required: ["title", "score"],
  additionalProperties: false,
};

function createMessage(rest: object): Promise<Anthropic.Message> {
  return anthropic.messages.create({ model: "claude", max_tokens: 500, messages: MESSAGES, ...rest });
}

describe("the OpenAI wire format", () => {
  it("answers a completion with an echo of the last user message and the true usage", async () => {
    const completion = await openai.chat.completions.create({ model: "gpt-4o", messages: MESSAGES });
    const text = completion.choices[0]?.message.content ?? "";
    expect(text).toMatch(/^\[mock gpt-4o\] You said: “What is an edge runtime\? 漢字”\. /);
    expect(completion).toMatchObject({ object: "chat.completion", model: "gpt-4o" });
    expect(completion.choices[0]?.finish_reason).toBe("stop");
    const completionTokens = Math.ceil(Buffer.byteLength(text) / 4);
    expect(completion.usage).toMatchObject({
      prompt_tokens: 11,
      completion_tokens: completionTokens,
      total_tokens: 11 + completionTokens,
    });
  });

  it("gives the same text for the same request, streamed or not, and another text for another request", async () => {
    const text = async (content: string): Promise<string | null | undefined> => {
      const completion = await openai.chat.completions.create({
        model: "gpt-4o",
        messages: [{ role: "user", content }],
      });
      return completion.choices[0]?.message.content;
    };
    const stream = await openai.chat.completions.create({
      model: "gpt-4o",
      stream: true,
      messages: [{ role: "user", content: "one" }],
    });
    const first = await text("one");
    expect(await text("one")).toBe(first);
    expect(openaiText((await drain(stream)).parts)).toBe(first);
    expect((await text("two"))?.slice(40)).not.toBe(first?.slice(40));
  });

  it("streams the role, the text, the finish reason, and on request a usage chunk without choices", async () => {
    const stream = await openai.chat.completions.create({
      model: "gpt-4o",
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    const { parts, error } = await drain(stream);
    expect(error).toBeUndefined();
    expect(parts[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(parts.at(-2)?.choices[0]).toMatchObject({ finish_reason: "stop", delta: {} });
    expect(parts.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 11 } });
    expect(new Set(parts.map((part) => part.id)).size).toBe(1);
  });

  it("streams no usage where the request does not ask for it", async () => {
    const stream = await openai.chat.completions.create({ model: "gpt-4o", messages: MESSAGES, stream: true });
    const { parts } = await drain(stream);
    expect(parts.every((part) => part.usage === undefined && part.choices.length === 1)).toBe(true);
  });

  it.each(["max_tokens", "max_completion_tokens"])("ends with the finish reason length at %s", async (name) => {
    const completion = await openai.chat.completions.create({ model: "gpt-4o", messages: MESSAGES, [name]: 5 });
    expect(completion).toMatchObject({ choices: [{ finish_reason: "length" }], usage: { completion_tokens: 5 } });
  });

  it("answers JSON that is valid for the schema of response_format", async () => {
    const completion = await openai.chat.completions.parse({
      model: "gpt-4o",
      messages: MESSAGES,
      response_format: { type: "json_schema", json_schema: { name: "rating", strict: true, schema: SCHEMA } },
    });
    expect(completion.choices[0]?.message.parsed).toEqual({ title: expect.any(String), score: 3 });
  });

  it("sends a request id and rate limit headers", async () => {
    const { response, request_id: id } = await openai.chat.completions
      .create({ model: "gpt-4o", messages: MESSAGES })
      .withResponse();
    expect(id).toBe(mock.calls()[0]?.request_id);
    expect(response.headers.get("x-ratelimit-reset-requests")).toMatch(/^\d+ms$/);
    expect(response.headers.get("openai-processing-ms")).toMatch(/^\d+$/);
  });

  it("lists models", async () => {
    expect((await openai.models.list()).data.map((model) => model.id)).toContain("gpt-4o");
  });
});

describe("the Anthropic wire format", () => {
  it("answers a message with text, stop reason and usage", async () => {
    const message = await anthropic.messages.create({
      model: "claude-test",
      max_tokens: 400,
      system: "Be brief.",
      messages: MESSAGES,
    });
    expect(message).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn", stop_sequence: null });
    expect(message.content[0]).toMatchObject({
      type: "text",
      text: expect.stringContaining("[mock claude-test] You said: “What is"),
    });
    expect(message.usage.input_tokens).toBe(11 + 6);
  });

  it("streams its events in the documented order", async () => {
    const response = await anthropic.messages
      .create({ model: "claude-test", max_tokens: 4, messages: MESSAGES, stream: true })
      .asResponse();
    const names = [...(await response.text()).matchAll(/^event: (.*)$/gm)].map((match) => match[1]);
    expect(names.filter((name, index) => name !== names[index - 1])).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  it("streams events that the SDK accumulates into the message of an answer without streaming", async () => {
    const request = { model: "claude-test", max_tokens: 400, messages: MESSAGES };
    const streamed = await anthropic.messages.stream(request).finalMessage();
    const whole = await anthropic.messages.create(request);
    expect(streamed.content[0]).toMatchObject({
      type: "text",
      text: whole.content[0]?.type === "text" ? whole.content[0].text : "",
    });
    expect(streamed).toMatchObject({ stop_reason: "end_turn", usage: { output_tokens: whole.usage.output_tokens } });
  });

  it("ends at max_tokens or at a stop sequence", async () => {
    expect(await createMessage({ max_tokens: 3 })).toMatchObject({
      stop_reason: "max_tokens",
      usage: { output_tokens: 3 },
    });
    expect(await createMessage({ stop_sequences: ["runtime"] })).toMatchObject({
      stop_reason: "stop_sequence",
      stop_sequence: "runtime",
    });
  });

  it("answers JSON that is valid for the schema of output_config", async () => {
    const events = await anthropic.messages.create({
      model: "claude-test",
      max_tokens: 400,
      messages: MESSAGES,
      output_config: { format: { type: "json_schema", schema: SCHEMA } },
      stream: true,
    });
    const value: unknown = JSON.parse(anthropicText((await drain(events)).parts));
    expect(value).toEqual({ title: expect.any(String), score: 3 });
  });

  it("sends a request id and limits with RFC 3339 resets", async () => {
    const { response, request_id: id } = await anthropic.messages
      .create({ model: "claude", max_tokens: 9, messages: MESSAGES })
      .withResponse();
    expect(id).toBe(mock.calls()[0]?.request_id);
    for (const what of ["requests", "tokens", "input-tokens", "output-tokens"]) {
      expect(response.headers.get(`anthropic-ratelimit-${what}-reset`)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  });
});

async function post(path: string, headers: Record<string, string>, body: string): Promise<[number, unknown]> {
  const response = await fetch(`${mock.url}${path}`, { method: "POST", headers, body });
  return [response.status, await response.json()];
}
const bearer = { authorization: `Bearer ${KEY}` };
const apiKey = { "x-api-key": KEY, "anthropic-version": "2023-06-01" };
const chat = "/v1/chat/completions";
const openaiBody = (rest: object): object => ({
  error: expect.objectContaining({ type: "invalid_request_error", ...rest }),
});
const anthropicBody = (type: string, message: string): object => ({
  type: "error",
  error: { type, message },
  request_id: expect.stringMatching(/^req_/),
});

describe("an invalid call", () => {
  it("gets OpenAI's error body", async () => {
    expect(await post(chat, {}, "{}")).toEqual([401, openaiBody({ code: null, param: null })]);
    expect(await post(chat, bearer, "{oops")).toEqual([400, openaiBody({})]);
    expect(await post(chat, bearer, '{"messages":[]}')).toEqual([
      400,
      openaiBody({ message: "you must provide a model parameter" }),
    ]);
    expect(await post(chat, bearer, '{"model":"m"}')).toEqual([400, openaiBody({ param: "messages" })]);
    expect(await post("/v1/nowhere", bearer, "{}")).toEqual([404, openaiBody({ code: "unknown_url" })]);
  });

  it("gets Anthropic's error body", async () => {
    const path = "/v1/messages";
    const body = '{"model":"m","messages":[{"role":"user","content":"x"}]}';
    const missingKey = anthropicBody("authentication_error", "x-api-key header is required");
    expect(await post(path, {}, body)).toEqual([401, missingKey]);
    const missingVersion = anthropicBody("invalid_request_error", "anthropic-version: header is required");
    expect(await post(path, { "x-api-key": KEY }, body)).toEqual([400, missingVersion]);
    const missingMax = anthropicBody("invalid_request_error", "max_tokens: Field required");
    expect(await post(path, apiKey, body)).toEqual([400, missingMax]);
    expect((await post("/v1/nowhere", apiKey, "{}"))[0]).toBe(404);
  });

  it("is not one with Anthropic's key in x-api-key or as a bearer token", async () => {
    const body = '{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}';
    expect((await post("/v1/messages", apiKey, body))[0]).toBe(200);
    expect((await post("/v1/messages", { ...bearer, "anthropic-version": "2023-06-01" }, body))[0]).toBe(200);
    expect(mock.calls().map((call) => call.key)).toEqual([KEY, KEY]);
  });

  it("is refused for sampling parameters by Anthropic's API of October 2026, but not by the older version", async () => {
    const body = '{"model":"m","max_tokens":9,"temperature":0.5,"messages":[{"role":"user","content":"x"}]}';
    expect(await post("/v1/messages", { ...apiKey, "anthropic-version": "2026-10-21" }, body)).toEqual([
      400,
      anthropicBody("invalid_request_error", "temperature: Extra inputs are not permitted"),
    ]);
    expect((await post("/v1/messages", apiKey, body))[0]).toBe(200);
  });

  it("gets 413 for a body over 20 MB, and no body for HEAD", async () => {
    expect((await post("/v1/messages", apiKey, " ".repeat(20 * 2 ** 20 + 1)))[0]).toBe(413);
    const head = await fetch(`${mock.url}/v1/messages`, { method: "HEAD", headers: apiKey });
    expect([head.status, await head.text()]).toEqual([404, ""]);
  });
});
