import { APIError, BadRequestError } from "openai/error";
import { zodTextFormat } from "openai/helpers/zod";
import type { ResponseInputItem } from "openai/resources/responses/responses";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { AppError, invalid } from "../../../../src/domain/errors.ts";
import { streamed } from "../../../providers/wire-fixtures.ts";
import { WEATHER } from "./bodies.ts";
import {
  answerOf,
  CALLS,
  clientOf,
  cut,
  dataIn,
  FULL,
  officialClient,
  saidIn,
  streamOf,
  TELLING,
} from "./official-client.ts";

const asked = { model: "claude-sonnet-5", input: "Hello" };
const city = z.object({ city: z.string() });

describe("the official client of OpenAI", () => {
  it("gets a whole response", async () => {
    const { client } = officialClient(() => answerOf());
    const response = await client.responses.create(asked);
    expect(response).toMatchObject({ id: "resp_exe_1", status: "completed", output_text: "Hello!" });
    expect(response.usage?.total_tokens).toBe(26);
  });

  it("gets the events of a response in their order", async () => {
    const { client } = officialClient(() => answerOf());
    const types = [];
    const numbers = [];
    for await (const event of await client.responses.create({ ...asked, stream: true })) {
      types.push(event.type);
      if ("sequence_number" in event) numbers.push(event.sequence_number);
    }
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(numbers).toEqual(types.keys().toArray());
  });

  it("makes the same of a stream as of a whole response", async () => {
    const { client } = officialClient(() => FULL);
    const request = { ...asked, ...TELLING, tools: [WEATHER] };
    const whole = await client.responses.parse(request);
    const final = await client.responses.stream(request).finalResponse();
    expect(final).toEqual(whole);
    expect(final.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "reasoning",
      "message",
      "function_call",
      "function_call",
    ]);
  });

  it("hears of each piece with all that was said before it", async () => {
    const { client } = officialClient(() => FULL);
    const snapshots: string[] = [];
    const calls: string[] = [];
    const stream = client.responses
      .stream({ ...asked, tools: [WEATHER] })
      .on("response.output_text.delta", ({ snapshot }) => snapshots.push(snapshot))
      .on("response.function_call_arguments.delta", ({ snapshot }) => calls.push(snapshot));
    await stream.done();
    expect(snapshots).toEqual(["Let", "Let me", "Let me se", "Let me see."]);
    expect(calls).toEqual(CALLS.map(({ arguments: text }) => text));
  });

  it("parses an answer in its schema, whole and streamed", async () => {
    const { client, requests } = officialClient(() => answerOf({ text: '{"city":"Bern"}' }));
    const request = { ...asked, text: { format: zodTextFormat(city, "city") } };
    const parsed = await client.responses.parse(request);
    const final = await client.responses.stream(request).finalResponse();
    expect([parsed.output_parsed, final.output_parsed]).toEqual([{ city: "Bern" }, { city: "Bern" }]);
    expect(requests[0]).toMatchObject({ output_format: { name: "city", strict: true }, untranslated: [] });
  });

  it("does not parse an answer that was cut", async () => {
    const { client } = officialClient(() => answerOf({ text: '{"city":', finish_reason: "length" }));
    const parsed = await client.responses.parse({ ...asked, text: { format: zodTextFormat(city, "city") } });
    expect(parsed).toMatchObject({ status: "incomplete", output_parsed: null, output_text: '{"city":' });
  });

  it("parses the arguments of a strict function", async () => {
    const { client } = officialClient(() => FULL);
    const parsed = await client.responses.parse({ ...asked, tools: [WEATHER] });
    const args = parsed.output.flatMap((item) =>
      item.type === "function_call" ? [item.parsed_arguments as unknown] : [],
    );
    expect(args).toEqual([{ city: "Bern" }, { city: "Basel" }]);
  });

  it("goes on with the items that it got, as agents do", async () => {
    const { client, requests } = officialClient(({ messages }) =>
      messages.some(({ role }) => role === "tool") ? answerOf({ text: "Sunny." }) : FULL,
    );
    const input: ResponseInputItem[] = [{ role: "user", content: "Weather?" }];
    const first = await client.responses.parse({ ...asked, input, tools: [WEATHER] });
    const results = CALLS.map(({ id }) => ({ type: "function_call_output" as const, call_id: id, output: "Sunny" }));
    const output = first.output as ResponseInputItem[];
    const second = await client.responses.parse({ ...asked, input: [...input, ...output, ...results] });
    expect(second.output_text).toBe("Sunny.");
    expect(requests[1]).toMatchObject({
      untranslated: [],
      own: {},
      messages: [
        { role: "user", content: "Weather?" },
        { role: "assistant", tool_calls: CALLS, reasoning_blocks: FULL.reasoning_blocks },
        { role: "tool", tool_call_id: "c1", content: "Sunny" },
        { role: "tool", tool_call_id: "c2", content: "Sunny" },
      ],
    });
  });

  it("throws its own error, with the faulty field", async () => {
    const fault = invalid([{ path: "input.0.content.1.type", message: "has no counterpart" }]);
    const { client } = officialClient(() => fault);
    const error: unknown = await client.responses.create(asked).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param: "input[0].content[1].type", requestID: "req_1" });
  });
});

describe("a failure in the middle of a response", () => {
  const error = new AppError("rate_limit_error", "The key is limited.");

  /** The client before a stream that fails after some parts. */
  function failing(parts: number) {
    const stream = streamOf(FULL, TELLING);
    const begun = stream.begin();
    const said = saidIn(FULL)
      .slice(0, parts)
      .map((part) => stream.said(part));
    const text = [begun, ...said, stream.fail(error, "req_1")].join("");
    return clientOf(() => streamed(cut(text, [3, 400])));
  }

  it.each([0, 1, 7, 9, 13])("reaches the client as its error, after %i parts", async (parts) => {
    const stream = failing(parts).responses.stream(asked);
    const thrown: unknown = await stream.finalResponse().catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(APIError);
    expect(thrown).toMatchObject({ code: "rate_limit_exceeded", type: "rate_limit_error", param: null });
    expect(String(thrown)).toContain("The key is limited.");
  });

  it("is told alone where the response has not begun, or has begun as the provider's own", async () => {
    const text = streamOf(FULL, TELLING).fail(error, "req_1");
    expect(dataIn(text).map(({ type }) => type)).toEqual(["error"]);
    const begun = streamOf({ ...FULL, id: "exe_2" }, TELLING).begin();
    for (const bytes of [text, begun + text]) {
      const thrown: unknown = await clientOf(() => streamed(cut(bytes, [9])))
        .responses.stream(asked)
        .finalResponse()
        .catch((reason: unknown) => reason);
      expect(thrown).toBeInstanceOf(APIError);
      expect(thrown).toMatchObject({ code: "rate_limit_exceeded" });
    }
  });

  it("is told as a failed response before, with what was said", async () => {
    const events: { type: string; response?: unknown }[] = [];
    const read = async () => {
      for await (const event of await failing(10).responses.create({ ...asked, stream: true })) events.push(event);
    };
    await expect(read()).rejects.toThrow("The key is limited.");
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: {
        status: "failed",
        error: { code: "rate_limit_exceeded", message: "The key is limited." },
        output: [{ type: "reasoning" }, { type: "reasoning" }, { type: "message", status: "incomplete" }],
      },
    });
  });
});
