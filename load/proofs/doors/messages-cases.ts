import assert from "node:assert/strict";
import type Anthropic from "@anthropic-ai/sdk";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import * as z from "zod";
import { PICTURE } from "./picture.ts";
import { CALLS, EXPECTED_CALLS, PARAMETERS, TOOL_NAMES } from "./tools.ts";
import { ask, type DoorCase, user, type World } from "./world.ts";

const TOOLS = TOOL_NAMES.map((name) => ({ name, input_schema: PARAMETERS }));
const City = z.object({ name: z.string(), people: z.number() });
const MAX_TOKENS = 400;

/** A case of Messages, for a model. */
type Run = (world: World, model: string) => Promise<void>;

/** What the client of Messages must be able to do with every model. */
const RUNS: Record<string, Run> = {
  async plain({ anthropic }, model) {
    const messages = user(ask({ answer: "Grüezi 👩‍💻." }));
    const call = anthropic.messages.create({ model, max_tokens: MAX_TOKENS, system: "Be brief.", messages });
    const { data: answer, request_id } = await call.withResponse();
    assert.equal(answer.type, "message");
    assert.deepEqual(textsOf(answer), ["Grüezi 👩‍💻."]);
    assert.equal(answer.stop_reason, "end_turn");
    assert.ok(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0, "no usage");
    assert.ok(request_id, "no request-id");
  },
  async streamed({ anthropic }, model) {
    const messages = user(ask({ answer: "One two three." }));
    const stream = anthropic.messages.stream({ model, max_tokens: MAX_TOKENS, messages });
    const types: string[] = [];
    stream.on("streamEvent", ({ type }) => types.push(type));
    const answer = await stream.finalMessage();
    assert.deepEqual(textsOf(answer), ["One two three."]);
    assert.equal(types[0], "message_start");
    assert.equal(types.at(-1), "message_stop");
    assert.ok(answer.usage.output_tokens > 1, "no usage");
  },
  async "parallel tools"({ anthropic }, model) {
    const messages: Anthropic.MessageParam[] = user(ask(CALLS));
    const first = await anthropic.messages.create({ model, max_tokens: MAX_TOKENS, messages, tools: TOOLS });
    assert.equal(first.stop_reason, "tool_use");
    assert.deepEqual(usesOf(first), EXPECTED_CALLS);
    const content = first.content.flatMap((block) =>
      block.type === "tool_use" ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "12 °C" }] : [],
    );
    const next: Anthropic.MessageParam[] = [
      ...messages,
      { role: "assistant", content: first.content },
      { role: "user", content },
    ];
    const last = await anthropic.messages.create({ model, max_tokens: MAX_TOKENS, messages: next, tools: TOOLS });
    assert.ok(last.stop_reason);
  },
  async "parallel tools, streamed"({ anthropic }, model) {
    const body = { model, max_tokens: MAX_TOKENS, messages: user(ask(CALLS)), tools: TOOLS };
    const answer = await anthropic.messages.stream(body).finalMessage();
    assert.equal(answer.stop_reason, "tool_use");
    assert.deepEqual(usesOf(answer), EXPECTED_CALLS);
  },
  async structured({ anthropic }, model) {
    const output_config = { format: zodOutputFormat(City) };
    const body = { model, max_tokens: MAX_TOKENS, messages: user(ask()), output_config };
    City.parse((await anthropic.messages.parse(body)).parsed_output);
  },
  async image(world, model) {
    const source = { type: "base64" as const, media_type: "image/png" as const, data: PICTURE };
    const content = [
      { type: "text" as const, text: ask() },
      { type: "image" as const, source },
    ];
    await world.anthropic.messages.create({ model, max_tokens: MAX_TOKENS, messages: [{ role: "user", content }] });
    const sent = (await world.mock.requests()).at(-1);
    assert.ok(sent?.body?.includes(PICTURE), "the provider was not sent the picture");
  },
  async "cut off at its limit"({ anthropic }, model) {
    const answer = await anthropic.messages.create({ model, max_tokens: 16, messages: user(ask()) });
    assert.equal(answer.stop_reason, "max_tokens");
  },
  async "count of tokens"({ anthropic }, model) {
    const body = { model, system: "Be brief.", messages: user(ask()), tools: TOOLS };
    const { input_tokens } = await anthropic.messages.countTokens(body);
    assert.ok(input_tokens > 5, `only ${input_tokens}`);
  },
};

function textsOf({ content }: Anthropic.Message): string[] {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : []));
}

function usesOf({ content }: Anthropic.Message): unknown[] {
  return content.flatMap((block) => (block.type === "tool_use" ? [[block.name, block.input]] : []));
}

/** The cases of Messages with a model. */
export function messagesCases(client: string, model: string, needsEdge: boolean): DoorCase[] {
  return Object.entries(RUNS).map(([name, run]) => ({
    client,
    name: `messages: ${name}`,
    needsEdge,
    run: async (world) => run(world, model),
  }));
}
