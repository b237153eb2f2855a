import assert from "node:assert/strict";
import type OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import * as z from "zod";
import { PICTURE, PICTURE_URL } from "./picture.ts";
import { CALLS, EXPECTED_CALLS, PARAMETERS, TOOL_NAMES } from "./tools.ts";
import { ask, type DoorCase, user, type World } from "./world.ts";

const TOOLS = TOOL_NAMES.map((name) => ({
  type: "function" as const,
  function: { name, parameters: PARAMETERS, strict: false },
}));
const City = z.object({ name: z.string(), people: z.number(), near: z.array(z.string()) });

/** A case of Chat Completions, for a model. */
type Run = (world: World, model: string) => Promise<void>;

/** What the client of Chat Completions must be able to do with every model. */
const RUNS: Record<string, Run> = {
  async plain({ openai }, model) {
    const content = ask({ answer: "Grüezi 👩‍💻." });
    const call = openai.chat.completions.create({ model, messages: user(content) });
    const { data: answer, request_id } = await call.withResponse();
    assert.equal(answer.object, "chat.completion");
    assert.equal(answer.choices[0]?.message.content, "Grüezi 👩‍💻.");
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    assert.ok(answer.usage && answer.usage.completion_tokens > 0, "no usage");
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.ok(request_id, "no x-request-id");
  },
  async streamed({ openai }, model) {
    const body = { model, messages: user(ask()), stream: true as const };
    const stream = await openai.chat.completions.create({ ...body, stream_options: { include_usage: true } });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    assert.match(text, /You said: “Hello no. \d+.”.*\.$/s);
    assert.ok(chunks.length > 3, `only ${chunks.length} chunks`);
    assert.ok(chunks.at(-1)?.usage?.completion_tokens, "no usage in the last chunk");
    assert.equal(chunks.at(-1)?.choices.length, 0);
  },
  async "stream without usage"({ openai }, model) {
    const stream = openai.chat.completions.stream({ model, messages: user(ask({ answer: "A b c d." })) });
    const usages: unknown[] = [];
    stream.on("chunk", ({ usage }) => usages.push(usage ?? null));
    const answer = await stream.finalChatCompletion();
    assert.equal(answer.choices[0]?.message.content, "A b c d.");
    assert.deepEqual(usages.filter(Boolean), [], "usage that nobody asked for");
  },
  async "parallel tools"({ openai }, model) {
    const messages: OpenAI.ChatCompletionMessageParam[] = user(ask(CALLS));
    const first = await openai.chat.completions.create({ model, messages, tools: TOOLS });
    const [choice] = first.choices;
    assert.equal(choice?.finish_reason, "tool_calls");
    assert.deepEqual(callsOf(choice.message), EXPECTED_CALLS);
    const results = choice.message.tool_calls?.map(
      ({ id }) => ({ role: "tool", tool_call_id: id, content: ask({ answer: "It is warm." }) }) as const,
    );
    const next = [...messages, choice.message, ...(results ?? [])];
    const last = await openai.chat.completions.create({ model, messages: next, tools: TOOLS });
    assert.ok(last.choices[0]?.finish_reason);
  },
  async "parallel tools, streamed"({ openai }, model) {
    const stream = openai.chat.completions.stream({ model, messages: user(ask(CALLS)), tools: TOOLS });
    const answer = await stream.finalChatCompletion();
    const [choice] = answer.choices;
    assert.equal(choice?.finish_reason, "tool_calls");
    assert.deepEqual(callsOf(choice.message), EXPECTED_CALLS);
  },
  async "a tool that is demanded"(world, model) {
    const tool_choice = { type: "function", function: { name: "get_time" } } as const;
    const messages = user(ask({ calls_tools: true }));
    const answer = await world.openai.chat.completions.create({ model, messages, tools: TOOLS, tool_choice });
    assert.deepEqual(
      answer.choices[0]?.message.tool_calls?.map((call) => "function" in call && call.function.name),
      ["get_time"],
    );
  },
  async structured({ openai }, model) {
    const format = zodResponseFormat(City, "city");
    const answer = await openai.chat.completions.parse({ model, messages: user(ask()), response_format: format });
    City.parse(answer.choices[0]?.message.parsed);
  },
  async image(world, model) {
    const content = [
      { type: "text" as const, text: ask() },
      { type: "image_url" as const, image_url: { url: PICTURE_URL } },
    ];
    await world.openai.chat.completions.create({ model, messages: [{ role: "user", content }] });
    const sent = (await world.mock.requests()).at(-1);
    assert.ok(sent?.body?.includes(PICTURE), "the provider was not sent the picture");
  },
  async "cut off at its limit"({ openai }, model) {
    const answer = await openai.chat.completions.create({ model, messages: user(ask()), max_completion_tokens: 5 });
    assert.equal(answer.choices[0]?.finish_reason, "length");
  },
};

function callsOf({ tool_calls }: OpenAI.ChatCompletionMessage): unknown[] {
  return (tool_calls ?? []).map((call) => {
    assert.ok(call.type === "function" && call.id !== "");
    return [call.function.name, JSON.parse(call.function.arguments)];
  });
}

/** The cases of Chat Completions with a model. */
export function chatCases(client: string, model: string, needsEdge: boolean): DoorCase[] {
  return Object.entries(RUNS).map(([name, run]) => ({
    client,
    name: `chat: ${name}`,
    needsEdge,
    run: async (world) => run(world, model),
  }));
}
