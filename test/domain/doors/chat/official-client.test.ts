import OpenAI from "openai";
import { ContentFilterFinishReasonError, LengthFinishReasonError } from "openai/error";
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { describe, expect, it } from "vitest";
import type { ReasoningBlock } from "../../../../src/domain/completions/message.ts";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";
import { streamed } from "../../../providers/wire-fixtures.ts";
import { CITY } from "./bodies.ts";
import { answerOf, CALLS, cut, officialClient } from "./official-client.ts";

const messages: ChatCompletionMessageParam[] = [{ role: "user", content: "Hello" }];
const asked = { model: "claude-sonnet-5", messages };
const THINKING: ReasoningBlock[] = [{ type: "thinking", thinking: "The weather, then.", signature: "c2ln" }];

/** A tool whose function answers, as the client runs it by itself. */
const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    description: "The weather",
    parameters: CITY,
    parse: (text: string) => JSON.parse(text) as { city: string },
    function: ({ city }: { city: string }) => `Sunny in ${city}`,
  },
};

const strictTool: ChatCompletionTool = {
  type: "function",
  function: { name: "get_weather", parameters: CITY, strict: true },
};

/** A model that asks for the weather, and tells it once it knows. */
function weatherModel() {
  return officialClient(({ messages: all }) =>
    all.some(({ role }) => role === "tool")
      ? answerOf({ text: "It is sunny." })
      : answerOf({
          text: "",
          tool_calls: CALLS,
          finish_reason: "tool_calls",
          reasoning: "Hm.",
          reasoning_blocks: THINKING,
        }),
  );
}

/** What the model is told once its calls are answered. */
const TOLD = [
  { role: "user", content: "Hello" },
  { role: "assistant", content: "", tool_calls: CALLS },
  { role: "tool", tool_call_id: "c1", content: "Sunny in Bern" },
  { role: "tool", tool_call_id: "c2", content: "Sunny in Basel" },
];

describe("the official client of OpenAI", () => {
  it("gets a whole answer", async () => {
    const { client } = officialClient(() => answerOf({}));
    const completion = await client.chat.completions.create(asked);
    expect(completion).toMatchObject({ id: "chatcmpl-exe_1", usage: { total_tokens: 26 } });
    expect(completion.choices[0]?.message.content).toBe("Hello!");
  });

  it("gets the chunks of an answer, and the usage with a chunk of its own where it asks for it", async () => {
    const { client } = officialClient(() => answerOf({}));
    const stream = await client.chat.completions.create({
      ...asked,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const last = chunks.at(-1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe("Hello!");
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null));
    expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 19, completion_tokens: 7, total_tokens: 26 } });
  });

  it("gets no usage with its chunks where it does not ask for it", async () => {
    const { client } = officialClient(() => answerOf({}));
    const stream = await client.chat.completions.create({ ...asked, stream: true });
    const usages = [];
    for await (const chunk of stream) usages.push(chunk.usage);
    expect(usages.length).toBeGreaterThan(2);
    expect(usages.every((usage) => usage === undefined)).toBe(true);
  });

  it("gathers the events of its helper", async () => {
    const { client } = officialClient(() =>
      answerOf({ text: "Let me see.", tool_calls: CALLS, finish_reason: "tool_calls" }),
    );
    const stream = client.chat.completions.stream({ ...asked, tools: [strictTool] });
    const seen: unknown[] = [];
    stream.on("content.done", ({ content }) => seen.push(content));
    stream.on("tool_calls.function.arguments.done", ({ parsed_arguments }) => seen.push(parsed_arguments));
    await stream.done();
    expect(seen).toEqual(["Let me see.", { city: "Bern" }, { city: "Basel" }]);
  });

  it.each(["whole", "streamed"])("parses a structured answer that is %s", async (form) => {
    const { client, bodies } = officialClient(() => answerOf({ text: '{"city":"Bern"}' }));
    const params = {
      ...asked,
      response_format: { type: "json_schema" as const, json_schema: { name: "city", schema: CITY, strict: true } },
    };
    const completion =
      form === "whole"
        ? await client.chat.completions.parse(params)
        : await client.chat.completions.stream(params).finalChatCompletion();
    expect(completion.choices[0]?.message.parsed).toEqual({ city: "Bern" });
    expect(chatDoor.read(bodies[0] ?? {})).toMatchObject({ output_schema: CITY, output_format: { strict: true } });
  });

  it("parses the arguments of a strict tool", async () => {
    const { client } = officialClient(() => answerOf({ text: "", tool_calls: CALLS, finish_reason: "tool_calls" }));
    const completion = await client.chat.completions.parse({ ...asked, tools: [strictTool] });
    expect(completion.choices[0]?.message).toMatchObject({
      content: null,
      tool_calls: [{ function: { parsed_arguments: { city: "Bern" } } }, {}],
    });
  });

  it.each([
    ["length", LengthFinishReasonError],
    ["content_filter", ContentFilterFinishReasonError],
  ] as const)("throws its own error where a structured answer ends with %s", async (finish_reason, kind) => {
    const { client } = officialClient(() => answerOf({ text: '{"ci', finish_reason }));
    const params = {
      ...asked,
      response_format: { type: "json_schema" as const, json_schema: { name: "city", schema: CITY } },
    };
    await expect(client.chat.completions.parse(params)).rejects.toBeInstanceOf(kind);
    await expect(client.chat.completions.stream(params).done()).rejects.toBeInstanceOf(kind);
  });

  it.each(["whole", "streamed"])("runs tools by answers that are %s", async (form) => {
    const { client, bodies } = weatherModel();
    const params = { ...asked, tools: [weather] };
    const runner =
      form === "whole"
        ? client.chat.completions.runTools(params)
        : client.chat.completions.runTools({ ...params, stream: true });
    expect(await runner.finalContent()).toBe("It is sunny.");
    const { messages: told, own, untranslated } = chatDoor.read(bodies[1] ?? {});
    expect([told, own, untranslated]).toEqual([TOLD, {}, []]);
  });

  it.each(["whole", "streamed"])("sends the thinking of a message that is %s back as it got it", async (form) => {
    const { client, bodies } = weatherModel();
    const completion =
      form === "whole"
        ? await client.chat.completions.create(asked)
        : await client.chat.completions.stream(asked).finalChatCompletion();
    const message = completion.choices[0]?.message ?? { role: "assistant", content: "" };
    await client.chat.completions.create({ ...asked, messages: [...messages, message] });
    const { messages: told, own, untranslated } = chatDoor.read(bodies[1] ?? {});
    expect(told).toEqual([TOLD[0], { ...TOLD[1], reasoning_blocks: THINKING }]);
    expect([own, untranslated]).toEqual([{}, []]);
  });

  it("throws what a refused request says", async () => {
    const { client } = officialClient(() => new AppError("budget_exceeded", "The budget is spent."));
    await expect(client.chat.completions.create(asked)).rejects.toMatchObject({
      status: 429,
      code: "insufficient_quota",
      requestID: "req_1",
    });
  });

  it("throws the error in the middle of a stream, after what came before it", async () => {
    const head = { id: "exe_1", created_at: 0, model: "m", prompt_tokens: 1 };
    const stream = chatDoor.stream(head, {});
    const error = new AppError("provider_overloaded", "The provider is overloaded.");
    const text = stream.begin() + stream.said({ type: "text", text: "Hel" }) + stream.fail(error, "req_1");
    const fetch = async () => streamed(cut(text, []));
    const client = new OpenAI({ apiKey: "k", baseURL: "https://edge.test/v1", fetch, maxRetries: 0, logLevel: "off" });
    let content = "";
    const reading = (async () => {
      for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
        content += chunk.choices[0]?.delta.content ?? "";
      }
    })();
    await expect(reading).rejects.toMatchObject({
      code: "provider_overloaded",
      type: "server_error",
      message: "The provider is overloaded.",
    });
    expect(content).toBe("Hel");
  });
});
