import Anthropic from "@anthropic-ai/sdk";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { describe, expect, it } from "vitest";
import { saidIn } from "../../../../src/domain/completions/answer.ts";
import { AppError, type AppErrorOptions, type ErrorCode, invalid } from "../../../../src/domain/errors.ts";
import { messagesDoor } from "../../../../src/domain/doors/messages/door.ts";
import { answer, asked } from "./bodies.ts";
import { broken, clientOf, failing, streamOf, translated, whole } from "./official-client.ts";
import { skipWaits } from "../../../support/skip-waits.ts";

const PARAMS = { model: "m", max_tokens: 10, messages: [{ role: "user" as const, content: "Weather in Bern?" }] };
const CALL = { id: "t1", name: "get_weather", arguments: '{"city":"Bern"}' };
const ASKS = answer({ text: "", tool_calls: [CALL], finish_reason: "tool_calls" });
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
} as const;

/** The error that Anthropic's client throws for an error of ours, and how often it asked. */
async function thrown(told: AppError): Promise<{ error: unknown; times: number }> {
  const { client, sent } = clientOf(failing(told));
  const caught: unknown = await client.messages.create(PARAMS).catch((reason: unknown) => reason);
  return { error: caught, times: sent.length };
}

const failure = (code: ErrorCode, options: AppErrorOptions = {}) => new AppError(code, "No.", options);

describe("Anthropic's client", () => {
  it("gives the text, the stop reason and the id of the request", async () => {
    const { client } = clientOf(whole(answer()));
    const message = await client.messages.create(PARAMS);
    expect(message).toMatchObject({ content: [{ text: "Hello" }], stop_reason: "end_turn", _request_id: "req_1" });
  });

  it("tells of texts and of blocks as they come", async () => {
    const given = answer({
      reasoning: "Hm.",
      reasoning_blocks: [{ type: "thinking", thinking: "Hm.", signature: "s" }],
    });
    const heard: unknown[] = [];
    const stream = clientOf(streamOf(given, saidIn(given), 11)).client.messages.stream(PARAMS);
    stream.on("thinking", (delta) => heard.push(delta));
    stream.on("signature", (signature) => heard.push(signature));
    stream.on("text", (delta) => heard.push(delta));
    stream.on("contentBlock", ({ type }) => heard.push(type));
    expect(await stream.finalText()).toBe("Hello");
    expect(heard).toEqual(["Hm.", "s", "thinking", "Hello", "text"]);
  });

  it("parses an answer with a schema, whole and streamed", async () => {
    const output_config = { format: jsonSchemaOutputFormat(SCHEMA) };
    const given = answer({ text: '{"city":"Bern"}' });
    const { client, sent } = clientOf(whole(given), streamOf(given, saidIn(given)));
    expect((await client.messages.parse({ ...PARAMS, output_config })).parsed_output).toEqual({ city: "Bern" });
    const streamed = await client.messages.stream({ ...PARAMS, output_config }).finalMessage();
    expect(streamed.parsed_output).toEqual({ city: "Bern" });
    const schemas = sent.map((body) => messagesDoor.read(body).output_schema);
    expect(schemas).toEqual([SCHEMA, SCHEMA]);
  });

  it.each([false, true])("runs tools until the answer is there, streamed: %s", async (stream) => {
    const replies = stream
      ? [streamOf(ASKS, saidIn(ASKS)), streamOf(answer(), saidIn(answer()))]
      : [whole(ASKS), whole(answer())];
    const { client, sent } = clientOf(
      ...[replies[0], ...replies].flatMap((reply) => (reply ? [translated(reply)] : [])),
    );
    const tool = betaTool({
      name: "get_weather",
      description: "The weather",
      inputSchema: SCHEMA,
      run: ({ city }) => `Sunny in ${city}`,
    });
    const message = await client.beta.messages.toolRunner({ ...PARAMS, tools: [tool], stream }).runUntilDone();
    expect(message.content).toMatchObject([{ type: "text", text: "Hello" }]);
    // The client wants to have the conversation kept, is told that it is not, and sends all of it.
    expect(sent.map(({ thread }) => thread)).toEqual([{ type: "create" }, undefined, undefined]);
    expect(sent.flatMap((body) => messagesDoor.read(body).untranslated)).toEqual([]);
    expect(asked(sent[2] ?? {}).messages).toEqual([
      { role: "user", content: "Weather in Bern?" },
      { role: "assistant", content: "", tool_calls: [CALL] },
      { role: "tool", tool_call_id: "t1", content: "Sunny in Bern" },
    ]);
  });

  it("throws the error in the middle of a stream, with its type", async () => {
    const parts = [{ type: "text" as const, text: "Hel" }];
    const { client } = clientOf(broken(answer(), parts, failure("provider_overloaded")));
    const error: unknown = await client.messages
      .stream(PARAMS)
      .finalMessage()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ type: "overloaded_error", apiMessage: "No.", requestID: "req_1" });
  });
});

describe("an error for Anthropic's client", () => {
  it.each<[ErrorCode, number, string]>([
    ["bad_request", 400, "invalid_request_error"],
    ["authentication_error", 401, "authentication_error"],
    ["budget_exceeded", 402, "billing_error"],
    ["permission_error", 403, "permission_error"],
    ["not_found", 404, "not_found_error"],
    ["method_not_allowed", 405, "invalid_request_error"],
    ["conflict", 409, "conflict_error"],
    ["precondition_failed", 412, "invalid_request_error"],
    ["payload_too_large", 413, "request_too_large"],
    ["validation_error", 400, "invalid_request_error"],
    ["provider_error", 502, "api_error"],
    ["provider_overloaded", 529, "overloaded_error"],
    ["timeout", 504, "timeout_error"],
  ])("of the code %s has the status %i and the type %s, and is not tried again", async (code, status, type) => {
    const { error, times } = await thrown(failure(code));
    expect(error).toMatchObject({ status, type, apiMessage: "No.", requestID: "req_1" });
    expect(times).toBe(1);
  });

  it.each<[ErrorCode, number, string]>([
    ["rate_limit_error", 429, "rate_limit_error"],
    ["provider_overloaded", 529, "overloaded_error"],
    ["provider_error", 502, "api_error"],
    ["internal_error", 500, "api_error"],
  ])("of the code %s is tried again, after the wait that it states", async (code, status, type) => {
    const { error, times } = await skipWaits(async () => thrown(failure(code, { retryable: true, retryAfterMs: 1 })));
    expect(error).toMatchObject({ status, type });
    expect(times).toBe(3);
  });

  it("states a wait of whole seconds, rounded up, and never of 0", () => {
    const waitOf = (retryAfterMs: number) =>
      messagesDoor.error(failure("rate_limit_error", { retryAfterMs }), "r").headers;
    expect(waitOf(1_500)).toEqual({ "request-id": "r", "retry-after": "2" });
    expect(waitOf(0)).toEqual({ "request-id": "r", "retry-after": "1" });
  });

  it("names the methods that a path has", () => {
    expect(messagesDoor.error(failure("method_not_allowed", { allow: ["GET", "POST"] }), "r").headers["allow"]).toBe(
      "GET, POST",
    );
  });

  it("names every fault once in its message", () => {
    const faults = [
      { path: "model", message: "is missing" },
      { path: "", message: "too much" },
    ];
    const messageOf = (error: AppError) => messagesDoor.error(error, "r").body;
    expect(messageOf(invalid(faults))).toMatchObject({ error: { message: "model: is missing; : too much" } });
    expect(messageOf(invalid(faults, "Bad."))).toMatchObject({
      error: { message: "Bad. model: is missing; too much" },
    });
  });
});
